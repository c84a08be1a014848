// A server that was started again does not know this page: it is loaded anew, and its address names the job to show.
// A server that begins lets questions wait: the next one is asked when the last is answered, so that few wait then.
let server = null;
const ask = async () => {
  try {
    const answer = await fetch('gradio_api/app_id', {cache: 'no-store'});
    if (answer.ok) {
      const {app_id: now} = await answer.json();
      if (server !== null && now !== server) window.location.reload();
      server = now;
    }
  } catch { /* the server is away; it is asked again */ }
  setTimeout(ask, 1000);
};
ask();
