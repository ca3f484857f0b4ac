-module(bank).
-export([run/2]).

-define(BALANCE, 1000000).

run(Transfers, Count) ->
    Accounts = [spawn(fun() -> account(?BALANCE) end) || _ <- lists:seq(1, Count)],
    transfer(list_to_tuple(Accounts), Transfers, 123456 band 65535),
    [receive done -> ok end || _ <- lists:seq(1, Transfers)],
    [Account ! {report, self()} || Account <- Accounts],
    Balances = [receive {balance, Balance} -> Balance end || _ <- Accounts],
    {lists:sum(Balances), lists:any(fun(Balance) -> Balance =/= ?BALANCE end, Balances)}.

transfer(_, 0, _) -> ok;
transfer(Accounts, Left, Dice) ->
    Count = tuple_size(Accounts),
    {Source, Second} = savina:roll(Dice, max(1, Count * 8 div 10)),
    {Further, Third} = savina:roll(Second, max(1, Count - Source - 1)),
    {Amount, Fourth} = savina:roll(Third, 100),
    Target = element((Source + 1 + Further) rem Count + 1, Accounts),
    element(Source + 1, Accounts) ! {credit, 1 + Amount, Target, self()},
    transfer(Accounts, Left - 1, Fourth).

account(Balance) ->
    receive
        {credit, Amount, Target, Teller} ->
            Mark = make_ref(),
            Target ! {debit, Amount, self(), Mark},
            receive {receipt, Mark, Amount} -> ok end,
            Teller ! done,
            account(Balance - Amount);
        {debit, Amount, Sender, Mark} ->
            Sender ! {receipt, Mark, Amount},
            account(Balance + Amount);
        {report, Teller} ->
            Teller ! {balance, Balance}
    end.
