using System.Text;
using Starling.Broker.Metrics;
using Starling.Edge.Connections;
using Starling.Edge.Outgoing;

namespace Starling.Edge.Tests.Connections;

public sealed class TopicTableTests
{
    private readonly HeldBytes _tenant = new();

    [Fact]
    public void Topics_are_bounded_in_bytes_and_entered_in_the_ledger()
    {
        var ledger = new ConnectionLedger(_tenant);
        var table = new TopicTable(ledger);
        var most = 0L;

        for (var i = 0; i < 256; i++)
        {
            var topic = Encoding.UTF8.GetBytes(i.ToString("0000", System.Globalization.CultureInfo.InvariantCulture) + new string('t', 4092));
            table.Add(topic).ShouldBeSameAs(table.Find(topic));
            most = Math.Max(most, ledger.Of(HeldKind.Topics));
        }

        most.ShouldBeInRange(TopicTable.MaxBytes / 2, TopicTable.MaxBytes);
        _tenant.Total.ShouldBe(ledger.Total);
        ledger.Release();
        _tenant.Total.ShouldBe(0);
    }

    [Fact]
    public void Short_topics_are_kept_up_to_their_number()
    {
        var table = new TopicTable(new ConnectionLedger(_tenant));

        for (var i = 0; i < 256; i++)
            table.Add(Encoding.UTF8.GetBytes($"sensors/{i}/temperature"));

        table.Find("sensors/0/temperature"u8).ShouldNotBeNull();
    }
}
