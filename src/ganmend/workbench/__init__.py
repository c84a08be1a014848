"""Generator, target, judge and reference images together: everything a user asks for."""
