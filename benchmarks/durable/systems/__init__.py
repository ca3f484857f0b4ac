"""The systems that are compared: one small module each, with the same few functions.

`DISTRIBUTIONS` names what must be installed. `many(folder, workflows, events)` gives every workflow
so many events as fast as it takes them; `one(folder, events)` has one sender that waits for each.
Both return `{"rate": events a second}`: of all, from the first event sent to the last one durable;
or of the median event. Making the workflows is not timed.
"""
