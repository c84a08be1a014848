// A server that was started again does not know this page: it is loaded anew, and its address names the job to show.
let server = null;
setInterval(async () => {
  try {
    const answer = await fetch('gradio_api/app_id', {cache: 'no-store'});
    if (!answer.ok) return;
    const {app_id: now} = await answer.json();
    if (server !== null && now !== server) window.location.reload();
    server = now;
  } catch { /* the server is away; it is asked again */ }
}, 1000);
