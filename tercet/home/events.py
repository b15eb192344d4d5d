from tercet.record.events import told

told("handoff.answered", "{by} answered “{what}”")
told("handoff.done", "{by} finished “{what}”")
told("handoff.declined", "{by} declined “{what}”")
told("handoff.withdrawn", "{by} does not need “{what}” any more")
told("handoff.reopened", "{by} opened “{what}” again")
told("job.retried", "{by} asked for the job {name} once more")
