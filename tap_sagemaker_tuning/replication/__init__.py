"""Decides what to read again, and the state that records it: why this tap exists.

CreationTime alone cannot show that an old trial has ended: a trial is created, starts,
ends and gets its final objective metric at four different times, and its CreationTime
never moves. So the state of one stream in one scope (one account in one region) has

- a *high-water mark*: every tuning job created before it has been visited;
- the *open* tuning jobs, which can still change. Each has a watermark, *since*: trials
  created at or after it are read again. It is the creation time of the earliest trial
  that is not final, or `ALLOWED_LATENESS` before that of the newest, whichever is
  earlier. Without one, the tuning job is read whole;
- the *settled* tuning jobs created within `LOOKBACK_WINDOW` of the high-water mark:
  listings are eventually consistent, so each sync lists that window again.

The laws, for any interleaving of time, syncs, faults and kills:

1. Nothing is lost: what was written, the last row of each key winning, equals a full
   read once everything has ended and one more sync has run. This holds for trials that
   are listed within `ALLOWED_LATENESS` of their creation. A later one is found by the
   counters when its tuning job ends, unless `start_date` cuts the rows.
2. Nothing is stale: after a complete sync, no trial that was final when its tuning job
   was read is stored as anything else.
3. State moves only over what was written.
4. When nothing changed and nothing is open, a sync lists the lookback window and visits
   nothing.
5. The state is bounded by the open tuning jobs and the lookback window, never by
   history.
6. A tuning job that was read and never settles is abandoned with a warning, not read
   forever. What could not be read is never abandoned: after `PATIENCE` it is retried
   less often.
7. An open tuning job is removed only if a description does not find it, or if a later
   tuning job has its name: never because a listing lacks it.
8. A later `start_date` takes effect once everything the earlier one let in is read.

"Now" is always the time of the response that showed the tuning job and its counters.
Its trials may be read minutes later, and the counters prove nothing about the time
between.

Pure: no I/O, and neither boto3 nor singer_sdk. Times are text in the format of
`values.timestamp`, which sorts chronologically.
"""
