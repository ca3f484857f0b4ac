-module(chameneos).
-export([run/2]).

run(Meetings, Creatures) ->
    Mall = self(),
    [spawn(fun() -> enter(Mall, N rem 3, 0) end) || N <- lists:seq(0, Creatures - 1)],
    mall(Meetings, none, Creatures, 0).

mall(_, _, 0, Met) -> Met;
mall(Left, Waiting, Creatures, Met) ->
    receive
        {meet, _, Creature} when Left =:= 0 ->
            Creature ! exit,
            mall(0, Waiting, Creatures, Met);
        {meet, _, Creature} when Waiting =:= none ->
            mall(Left, Creature, Creatures, Met);
        {meet, _, _} = Meeting ->
            Waiting ! Meeting,
            mall(Left - 1, none, Creatures, Met);
        {met, Count} ->
            mall(Left, Waiting, Creatures - 1, Met + Count)
    end.

enter(Mall, Colour, Met) ->
    Mall ! {meet, Colour, self()},
    receive
        {meet, Other, Creature} ->
            Mine = complement(Colour, Other),
            Creature ! {change, Mine},
            enter(Mall, Mine, Met + 1);
        {change, Mine} ->
            enter(Mall, Mine, Met + 1);
        exit ->
            Mall ! {met, Met}
    end.

complement(Colour, Colour) -> Colour;
complement(Mine, Other) -> 3 - Mine - Other.
