"""The receipt phase of a building permit at a Dutch municipality, as a chart.

An application comes in and its receipt is confirmed to the applicant. Meanwhile, and
independently of that, somebody decides whether the procedure has to be stopped: first whether
advice is needed, round by round, and then whether there is a reason to stop. Usually there is
none. If there is, either document X goes out (the work needs no permit: "request unlicensed"),
or report Y (the request is put on hold).

The chart was drawn from 1,434 real cases, `examples/data/permits.csv.gz`, whose activities are
its events. What it says beyond the order of the steps:

- A confirmation may be adjusted after each check and even after it was determined, and is then
  checked again. It is not sent before it was determined.
- In one round of advice each aspect is drafted at most once, and each party answers at most once.
- A request to an outside party must have been answered before the need of advice is
  assessed again.
- The necessity of a stop is indicated only when the last assessment asked for no more advice.

The log does not record that nothing followed: when no stop was indicated, the last step of a case
looks like any other. `close` says so, and is allowed only when nothing is open.
"""

from __future__ import annotations

from repertory.actors import State, Workflow
from statemachine import Event


def once_a_round(name: str, first: State, then: State, stays: State | None = None) -> Event:
    """An event for advice that a round has once: it moves the round on, or comes on top.

    Args:
        name: the activity, as the log has it.
        first: the state in which nothing of its kind was there before.
        then: the state to which it moves on from there.
        stays: the state in which it is one more and changes nothing else, by default `then`.
    """
    more = (stays or then).to.itself(internal=True, cond="is_new", on="note_advice")
    return Event(first.to(then, on="note_advice") | more, name=name)


class PermitApplication(Workflow):
    """One application, from its receipt until the phase is over."""

    version = 1

    class Context:
        """What is known about the application apart from where it stands.

        Attributes:
            channel: how it came in, such as "Internet" or "Desk".
            last_resource: who did the latest step.
            handovers: how many times another person took over.
            checks: how many times the confirmation of receipt was checked.
            assessments: how many times the need of stop advice was assessed.
            advice: events of this round of advice, each of which is allowed once.
        """

        channel: str = ""
        last_resource: str = ""
        handovers: int = 0
        checks: int = 0
        assessments: int = 0
        advice: tuple[str, ...] = ()

    lodged = State("Lodged", initial=True)

    class handling(State.Parallel, name="Receipt phase"):
        class confirmation(State.Compound, name="Confirmation of receipt"):
            unchecked = State("To be checked", initial=True)
            checked = State("Checked")
            determined = State("Determined")
            sent = State("Sent", final=True)

            check_confirmation = Event(
                unchecked.to(checked), name="T02 Check confirmation of receipt"
            )
            adjust_confirmation = Event(
                checked.to(unchecked) | determined.to(unchecked),
                name="T03 Adjust confirmation of receipt",
            )
            determine_confirmation = Event(
                checked.to(determined), name="T04 Determine confirmation of receipt"
            )
            send_confirmation = Event(
                determined.to(sent), name="T05 Print and send confirmation of receipt"
            )

        class stop(State.Compound, name="Stop of the procedure"):
            unassessed = State("Need of advice not assessed", initial=True)
            assessed = State("Need of advice assessed")
            indicated = State("Need of a stop determined")
            not_stopped = State("No stop", final=True)
            unlicensed = State("Document X out", final=True)
            on_hold = State("Report Y out", final=True)

            class advice(State.Parallel, name="Round of advice"):
                class internal(State.Compound, name="Inside the municipality"):
                    drafting = State("Drafting", initial=True)

                class external(State.Compound, name="Outside parties"):
                    not_asked = State("Not asked", initial=True)
                    asked = State("Asked")
                    answered = State("Answered")

                    receive_advice_1 = once_a_round(
                        "T09-1 Process or receive external advice from party 1", asked, answered
                    )
                    receive_advice_2 = once_a_round(
                        "T09-2 Process or receive external advice from party 2", asked, answered
                    )
                    receive_advice_3 = once_a_round(
                        "T09-3 Process or receive external advice from party 3", asked, answered
                    )
                    receive_advice_4 = once_a_round(
                        "T09-4 Process or receive external advice from party 4", asked, answered
                    )

            class document_x(State.Compound, name="Document X, request unlicensed"):
                x_created = State("X created", initial=True)
                x_checked = State("X checked")
                x_determined = State("X determined")
                x_printed = State("X printed", final=True)

                check_document_x = Event(
                    x_created.to(x_checked), name="T12 Check document X request unlicensed"
                )
                adjust_document_x = Event(
                    x_checked.to(x_created), name="T13 Adjust document X request unlicensed"
                )
                determine_document_x = Event(
                    x_checked.to(x_determined), name="T14 Determine document X request unlicensed"
                )
                print_document_x = Event(
                    x_determined.to(x_printed), name="T15 Print document X request unlicensed"
                )

            class report_y(State.Compound, name="Report Y, request on hold"):
                y_reported = State("Y reported", initial=True)
                y_checked = State("Y checked")
                y_determined = State("Y determined")
                y_printed = State("Y printed", final=True)

                check_report_y = Event(
                    y_reported.to(y_checked), name="T17 Check report Y to stop indication"
                )
                adjust_report_y = Event(
                    y_checked.to(y_reported), name="T18 Adjust report Y to stop indicition"
                )
                determine_report_y = Event(
                    y_checked.to(y_determined), name="T19 Determine report Y to stop indication"
                )
                print_report_y = Event(
                    y_determined.to(y_printed), name="T20 Print report Y to stop indication"
                )

            assess_need_of_advice = Event(
                unassessed.to(assessed) | advice.to(assessed, cond="not In('asked')"),
                name="T06 Determine necessity of stop advice",
            )
            draft_aspect_1 = once_a_round(
                "T07-1 Draft intern advice aspect 1", assessed, advice, advice.internal.drafting
            )
            draft_aspect_2 = once_a_round(
                "T07-2 Draft intern advice aspect 2", assessed, advice, advice.internal.drafting
            )
            draft_aspect_3 = once_a_round(
                "T07-3 Draft intern advice hold for aspect 3",
                assessed,
                advice,
                advice.internal.drafting,
            )
            draft_aspect_4 = once_a_round(
                "T07-4 Draft internal advice to hold for type 4",
                assessed,
                advice,
                advice.internal.drafting,
            )
            draft_aspect_5 = once_a_round(
                "T07-5 Draft intern advice aspect 5", assessed, advice, advice.internal.drafting
            )
            ask_outside = Event(
                assessed.to(advice.external.asked)
                | advice.external.not_asked.to(advice.external.asked),
                name="T08 Draft and send request for advice",
            )
            determine_need_of_stop = Event(
                assessed.to(indicated), name="T10 Determine necessity to stop indication"
            )
            create_document_x = Event(
                indicated.to(document_x), name="T11 Create document X request unlicensed"
            )
            report_reasons = Event(
                indicated.to(report_y), name="T16 Report reasons to hold request"
            )
            done_state_document_x = document_x.to(unlicensed)
            done_state_report_y = report_y.to(on_hold)
            close = Event(
                indicated.to(not_stopped, cond="In('sent')"), name="Close the receipt phase"
            )

    taken_up = State("Taken up without a stop", final=True)
    answered_unlicensed = State("Answered: no permit needed", final=True)
    put_on_hold = State("Put on hold", final=True)

    confirm_receipt = Event(lodged.to(handling), name="Confirmation of receipt")
    done_state_handling = (
        handling.to(answered_unlicensed, cond="In('unlicensed')")
        | handling.to(put_on_hold, cond="In('on_hold')")
        | handling.to(taken_up)
    )

    def is_new(self, event: str) -> bool:
        """Whether this advice was not given yet in the present round."""
        return event not in self.context.advice

    def note_advice(self, event: str) -> None:
        """Remember that this advice was given in the present round."""
        self.context.advice = (*self.context.advice, str(event))

    def on_assess_need_of_advice(self) -> None:
        """A new round begins: each aspect and each party may have its say again."""
        self.context.assessments += 1
        self.context.advice = ()

    def on_check_confirmation(self) -> None:
        self.context.checks += 1

    def on_confirm_receipt(self, channel: str | None = None) -> None:
        self.context.channel = channel or ""

    def on_transition(self, resource: str | None = None) -> None:
        """Keep who did the step; the chart's own transitions have nobody to name."""
        if not resource:
            return
        if self.context.last_resource not in ("", resource):
            self.context.handovers += 1
        self.context.last_resource = resource
