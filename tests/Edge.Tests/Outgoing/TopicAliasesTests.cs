using System.Globalization;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Edge.Outgoing;

namespace Starling.Edge.Tests.Outgoing;

public sealed class TopicAliasesTests
{
    [Fact]
    public void Aliases_are_bounded_in_bytes_and_topics_beyond_are_sent_by_name()
    {
        var ledger = new ConnectionLedger(new HeldBytes());
        var aliases = new TopicAliases(ushort.MaxValue, ledger);

        var with = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var alias = aliases.For(Topic(i), out var named);
            named.ShouldBeTrue();
            with += alias > 0 ? 1 : 0;
        }

        with.ShouldBeInRange(10, 100);
        ledger.Of(HeldKind.Aliases).ShouldBeInRange(TopicAliases.MaxBytes / 2, TopicAliases.MaxBytes);
        aliases.For(Topic(0), out var again).ShouldBe((ushort)1);
        again.ShouldBeFalse();
    }

    private static Topic Topic(int i) => new(i.ToString(CultureInfo.InvariantCulture) + "/" + new string('x', 1000));
}
