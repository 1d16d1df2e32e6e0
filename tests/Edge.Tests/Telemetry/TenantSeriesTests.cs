using Starling.Broker.Metrics;
using Starling.Hosting.Configuration;

namespace Starling.Edge.Tests.Telemetry;

public sealed class TenantSeriesTests : IAsyncDisposable
{
    private const string Received = "starling_messages_received_total{";
    private const int Maximum = 10;

    private readonly Telemetry _telemetry = new(new TelemetryOptions { MaximumTenants = Maximum });

    public ValueTask DisposeAsync() => _telemetry.DisposeAsync();

    [Fact]
    public async Task The_series_of_a_removed_tenant_are_gone_and_those_of_others_stay()
    {
        _telemetry.Serve("a", "b");
        _telemetry.Broker.For("a").DroppedExpired.Add(3);
        (await _telemetry.LinesAsync(Received)).ShouldBe([$"{Received}tenant=\"a\"}} 1", $"{Received}tenant=\"b\"}} 1"], ignoreOrder: true);
        (await _telemetry.LinesAsync("starling_messages_dropped_total{reason=\"expired\",tenant=\"a\"} 3")).ShouldHaveSingleItem();

        _telemetry.Serve("b");

        (await _telemetry.LinesAsync("starling_")).ShouldNotContain(line => line.Contains("tenant=\"a\"", StringComparison.Ordinal));
        (await _telemetry.LinesAsync(Received)).ShouldBe([$"{Received}tenant=\"b\"}} 2"]);
    }

    [Fact]
    public async Task Tenants_that_come_and_go_do_not_use_up_the_series()
    {
        for (var round = 0; round < 20; round++)
        {
            var tenants = Enumerable.Range(0, Maximum).Select(i => $"t{round}-{i}").ToArray();
            _telemetry.Serve(tenants);

            (await _telemetry.LinesAsync(Received)).ShouldBe(tenants.Select(tenant => $"{Received}tenant=\"{tenant}\"}} 1"), ignoreOrder: true);
            _telemetry.Serve();
            (await _telemetry.LinesAsync(Received)).ShouldBeEmpty();
            _telemetry.Time.Advance(BrokerMetrics.LabelRest);
        }
    }

    [Fact]
    public async Task Tenants_beyond_the_maximum_are_added_up_and_get_series_when_others_are_gone()
    {
        _telemetry.Serve(Enumerable.Range(0, Maximum).Select(i => $"t{i}"));
        _telemetry.Serve(Enumerable.Range(0, Maximum + 3).Select(i => $"t{i}"));

        var lines = await _telemetry.LinesAsync(Received);
        lines.Count.ShouldBe(Maximum + 1);
        lines.ShouldContain($"{Received}overflow=\"true\"}} 3");
        (await _telemetry.LinesAsync("starling_messages_dropped_total{overflow=\"true\",reason=\"expired\"} 0")).ShouldHaveSingleItem();

        _telemetry.Serve(Enumerable.Range(5, Maximum).Select(i => $"t{i}"));
        // A label that an exporter may still know by the name before is not given away yet.
        (await _telemetry.LinesAsync(Received)).ShouldContain(line => line.StartsWith($"{Received}overflow", StringComparison.Ordinal));
        _telemetry.Time.Advance(BrokerMetrics.LabelRest);
        (await _telemetry.LinesAsync(Received)).Count.ShouldBe(Maximum);
        (await _telemetry.LinesAsync($"{Received}overflow")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_tenant_that_comes_back_while_its_counters_are_in_use_keeps_its_numbers()
    {
        _telemetry.Serve("a");
        var used = _telemetry.Broker.For("a");
        _telemetry.Serve();
        used.PublishReceived.Add(5);
        _telemetry.Broker.For("a").ShouldBeSameAs(used);
        (await _telemetry.LinesAsync(Received)).ShouldBeEmpty();

        _telemetry.Serve("a");

        _telemetry.Broker.For("a").ShouldBeSameAs(used);
        (await _telemetry.LinesAsync(Received)).ShouldBe([$"{Received}tenant=\"a\"}} 7"]);
    }

    [Fact]
    public async Task What_counts_for_a_tenant_that_is_gone_brings_no_series_back()
    {
        _telemetry.Serve("a");
        _telemetry.Serve();

        _telemetry.Broker.For("a").PublishReceived.Add(1);

        (await _telemetry.LinesAsync(Received)).ShouldBeEmpty();
    }
}
