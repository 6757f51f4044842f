"""What to read again, and the state that says so: the reason why this tap exists.

CreationTime alone cannot tell that an old trial has ended: a trial is created, starts,
ends, and gets its final objective metric, each at a later time, and its CreationTime
never moves. So the state of one stream in one scope (one account in one region) is

- a *high-water mark*: every tuning job created before it has been visited;
- the *open* tuning jobs, which can still change, each with the creation time *since*
  which its trials are read again: that of its earliest trial that is not final, and
  never later than `ALLOWED_LATENESS` before its newest (none yet: it is read whole);
- the *settled* ones among those created within `LOOKBACK_WINDOW` behind the high-water
  mark: listings are eventually consistent, so that much is listed again each time.

The laws, for any interleaving of time, syncs, faults and kills:

1. Nothing is lost: what was written, the last one winning by key, equals a full read
   once all is over and one more sync has run. It holds while trials are listed within
   `ALLOWED_LATENESS` of their creation; listed later, a trial is found by the counters
   when its tuning job ends, unless `start_date` cuts its rows.
2. Nothing is stale: after a complete sync, no trial that was final when its tuning job
   was read is held as something else.
3. State moves only over what was written.
4. When nothing changed and nothing is open, the lookback window is listed, and nothing
   is visited.
5. The state is bounded by the open tuning jobs and the lookback window, never by
   history.
6. What never settles ends with a warning, not in a loop.
7. An open tuning job is never abandoned for being absent from one listing; a name
   used again, with a later creation time, is another tuning job.
8. A later `start_date` takes over when all that the earlier one asked for is read.

«Now» is always when the page that showed the tuning job was answered: counters and
trials may be read minutes later, and prove nothing about the time between.

Pure: no I/O, and neither boto3 nor singer_sdk. Times are text as `values.timestamp`
writes it, which sorts as time.
"""
