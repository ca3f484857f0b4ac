%% Runs one benchmark and prints its microseconds and its result.
-module(savina).
-export([main/1, work/1, busy/1, roll/2]).

%% main([Module, Size...]): called by `erl -run`.
main([Name | Sizes]) ->
    Module = list_to_atom(Name),
    {module, Module} = code:ensure_loaded(Module),
    Numbers = [list_to_integer(Size) || Size <- Sizes],
    {Microseconds, Result} = timer:tc(fun() -> apply(Module, run, Numbers) end),
    io:format("~w ~w~n", [Microseconds, Result]),
    halt(0).

work(Theta) ->
    Sine = math:sin(Theta),
    Sine * Sine.

busy(Steps) -> busy(0, Steps, 0.0).

busy(Steps, Steps, Value) -> Value;
busy(Step, Steps, Value) -> busy(Step + 1, Steps, Value + math:log(Step + 1.5)).

%% Returns a number from 0 to below Sides, and the generator's next state.
roll(State, Sides) ->
    Next = (State * 1309 + 13849) band 65535,
    {Next rem Sides, Next}.
