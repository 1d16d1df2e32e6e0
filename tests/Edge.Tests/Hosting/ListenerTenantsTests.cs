using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Edge.Configuration;
using Starling.Edge.Hosting;
using Starling.Testing;

namespace Starling.Edge.Tests.Hosting;

public sealed class ListenerTenantsTests
{
    [Fact]
    public void A_listener_whose_tenant_does_not_exist_or_is_removed_is_warned_of()
    {
        using var metrics = new BrokerMetrics();
        var directory = new TenantDirectory(new ManualTime(), new TenantMetrics(metrics));
        directory.Apply([new TenantOptions { Name = "acme" }]);
        var logger = new RecordingLogger<ListenerTenants>();
        var options = new EdgeOptions { Listeners = [Of("a", "acme"), Of("b", "acmee"), Of("c", null)] };

        new ListenerTenants(options, directory, logger).Check();
        logger.Warnings.ShouldBe(["Listener b: there is no tenant 'acmee', so clients that name no other one are refused"]);
        directory.Apply([]);

        logger.Warnings[1..].ShouldBe(["Listener a: there is no tenant 'acme', so clients that name no other one are refused"]);

        static ListenerOptions Of(string name, string? tenant) => new() { Name = name, Type = ListenerType.Tcp, Port = 0, Tenant = tenant };
    }
}
