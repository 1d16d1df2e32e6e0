using FsCheck;
using FsCheck.Fluent;
using Starling.Broker.Contracts;
using Starling.Broker.Sessions;

namespace Starling.Broker.Tests.Sessions;

/// <summary>Whatever happens to an inbox, in whatever order, its numbers keep their promises.</summary>
public class InboxNumbersTests
{
    private static readonly Gen<(Event Event, int Amount)[]> Histories =
        Gen.ArrayOf(from what in Gen.Elements(Enum.GetValues<Event>()) from amount in Gen.OneOf(Gen.Choose(0, 3), Gen.Choose(0, 40_000)) select (what, amount));

    public enum Event
    {
        Add,
        Write,
        Push,
        Acknowledge,
        Drop,
        Stop,
        Start,
        Restart,
    }

    [Fact]
    public void Numbers_come_in_their_order_of_oldest_pushed_written_and_next() => Holds(history =>
        history.Numbers.Oldest <= history.Numbers.PushNext
        && history.Numbers.PushNext <= history.Numbers.Written
        && history.Numbers.Written <= history.Numbers.Next);

    [Fact]
    public void Packet_identifiers_under_way_are_all_different() => HoldsAtTheEnd(history =>
        history.UnderWay.Select(number => new InboxEntry(number, default).PacketIdentifier).Distinct().Count() == history.UnderWay.Count);

    [Fact]
    public void Window_never_takes_more_than_it_has_identifiers_for() => Holds(history =>
        history.UnderWay.Count < InboxEntry.PacketIdentifiers && history.Numbers.FreeIdentifiers >= 0);

    [Fact]
    public void Next_owner_gives_no_number_again_that_the_connection_has_had() => Holds(history =>
        InboxNumbers.Restored(history.StoredNext).Next >= history.HighestPushed + 1);

    [Fact]
    public void What_the_client_may_have_seen_is_marked_and_nothing_behind_it() => Holds(history =>
        history.Numbers.SentBelow >= history.MustBeMarkedBelow
        && history.Numbers.SentBelow <= Math.Max(history.HighestPushed + 1, history.Numbers.DroppedBelow));

    [Fact]
    public void Acknowledged_entries_free_their_identifiers()
    {
        var full = InboxNumbers.Restored(0).Add(100_000).Write(100_000).Push(InboxEntry.PacketIdentifiers - 1);
        full.FreeIdentifiers.ShouldBe(0);
        full.Acknowledge(10).FreeIdentifiers.ShouldBe(10);
        full.Acknowledge(100_000).FreeIdentifiers.ShouldBe(InboxEntry.PacketIdentifiers - 1);
    }

    [Fact]
    public void Withdrawn_entries_leave_no_gap()
    {
        var before = InboxNumbers.Restored(7);
        before.Add(5).Withdraw(7).ShouldBe(before);
    }

    [Fact]
    public void Numbers_are_reserved_once_for_many_entries()
    {
        var numbers = InboxNumbers.Restored(0).Add(1);
        var reserved = numbers.ToReserve();
        reserved.ShouldBe(1 + InboxNumbers.ReservedAtATime);
        numbers = numbers.Reserve(reserved).Add(InboxNumbers.ReservedAtATime);
        numbers.ToReserve().ShouldBe(0);
        numbers.Add(1).ToReserve().ShouldBe(reserved + 1 + InboxNumbers.ReservedAtATime);
    }

    private static void Holds(Func<History, bool> promise) => Check(histories => histories.All(promise));

    private static void HoldsAtTheEnd(Func<History, bool> promise) => Check(histories => promise(histories.Last()));

    /// <param name="holds">Gets the history as it is after each event.</param>
    private static void Check(Func<IEnumerable<History>, bool> holds) =>
        Prop.ForAll(Histories.ToArbitrary(), events => holds(Play(events)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(100).WithReplay(20260101, 1_234_567));

    private static IEnumerable<History> Play((Event Event, int Amount)[] events)
    {
        var history = new History();
        yield return history;
        foreach (var (what, amount) in events)
        {
            history.Add(what, amount);
            yield return history;
        }
    }

    /// <summary>An inbox that shares its store with other processes, as far as numbers go, and what its connections have been pushed.</summary>
    private sealed class History
    {
        private readonly Queue<(long UpTo, long Reserve)> _writes = new();
        private bool _isConnected;
        private long _pushedByThisConnection;

        public History() => Start();

        public InboxNumbers Numbers { get; private set; } = InboxNumbers.Restored(0);

        public SortedSet<long> UnderWay { get; } = [];

        public long HighestPushed { get; private set; } = -1;

        public long MustBeMarkedBelow { get; private set; }

        /// <summary>What the store knows when all entries are gone.</summary>
        public long StoredNext { get; private set; }

        public void Add(Event what, int amount)
        {
            switch (what)
            {
                case Event.Add:
                    Numbers = Numbers.Add(amount);
                    _writes.Enqueue((Numbers.Next, Numbers.ToReserve()));
                    break;
                case Event.Write when _writes.TryDequeue(out var write):
                    StoredNext = Math.Max(StoredNext, write.Reserve);
                    Numbers = Numbers.Write(write.UpTo).Reserve(write.Reserve);
                    break;
                case Event.Push when _isConnected:
                    Push(amount);
                    break;
                case Event.Acknowledge:
                    UnderWay.RemoveWhere(number => number % 3 == amount % 3 || number < UnderWay.Min + amount);
                    Numbers = Numbers.Acknowledge(UnderWay.Count > 0 ? UnderWay.Min : Numbers.PushNext);
                    break;
                case Event.Drop:
                    Drop(amount);
                    break;
                case Event.Stop when _isConnected:
                    _isConnected = false;
                    MustBeMarkedBelow = Math.Max(MustBeMarkedBelow, Math.Min(amount, _pushedByThisConnection));
                    Numbers = Numbers.Stop(amount, Rewind());
                    break;
                case Event.Start when !_isConnected:
                    Start();
                    break;
                case Event.Restart when _isConnected:
                    Numbers = Numbers.Restart(Rewind());
                    break;
            }
        }

        private void Start()
        {
            (_isConnected, _pushedByThisConnection) = (true, 0);
            StoredNext = Math.Max(StoredNext, Numbers.ToStore());
            Numbers = Numbers.Reserve(StoredNext);
        }

        private void Push(int amount)
        {
            if (UnderWay.Count == 0)
                Numbers = Numbers.BeginAt(Numbers.PushNext);
            var upTo = Math.Min(Numbers.Written, Numbers.PushNext + Math.Min(amount, Numbers.FreeIdentifiers));
            for (var number = Numbers.PushNext; number < upTo; number++)
                UnderWay.Add(number);
            HighestPushed = Math.Max(HighestPushed, upTo - 1);
            _pushedByThisConnection = Math.Max(_pushedByThisConnection, upTo);
            Numbers = Numbers.Push(upTo);
        }

        private void Drop(int amount)
        {
            var below = Math.Min(Numbers.DropFrom(_isConnected) + Math.Min(amount, 100), Numbers.Written);
            // While there is a connection, room is only made in front of what is on its way, and the identifiers have to last.
            if (below <= Numbers.DropFrom(_isConnected) || below > Numbers.PushLimit)
                return;
            Numbers = Numbers.Drop(below, _isConnected);
        }

        private long? Rewind()
        {
            long? oldest = UnderWay.Count > 0 ? UnderWay.Min : null;
            UnderWay.Clear();
            return oldest;
        }
    }
}
