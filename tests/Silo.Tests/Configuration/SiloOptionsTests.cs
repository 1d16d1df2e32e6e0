using Starling.Hosting.Configuration;
using Starling.Silo.Configuration;

namespace Starling.Silo.Tests.Configuration;

public class SiloOptionsTests
{
    private static readonly string[] Least = ["storage.connectionString=Host=db;Database=starling;Username=starling", "tenantsFile=tenants.json"];

    [Fact]
    public void Gateways_are_on_loopback_unless_told_otherwise()
    {
        var options = Load();

        (options.Cluster.Address, options.Cluster.AdvertisedAddress).ShouldBe(("127.0.0.1", null));
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("192.168.7.7")]
    [InlineData("fd00::1")]
    public void Private_addresses_are_taken(string address) => Load($"cluster.address={address}").Cluster.Address.ShouldBe(address);

    [Theory]
    [InlineData("cluster.address=8.8.8.8", "cluster.address")]
    [InlineData("cluster.advertisedAddress=203.0.113.9", "cluster.advertisedAddress")]
    [InlineData("cluster.advertisedAddress=2001:db8::1", "cluster.advertisedAddress")]
    [InlineData("cluster.address=0.0.0.0", "cluster.address")]
    [InlineData("cluster.address=here", "cluster.address")]
    [InlineData("cluster.siloPort=30000", "cluster.gatewayPort")]
    [InlineData("cluster.gatewayPort=0", "cluster.gatewayPort")]
    [InlineData("storage.tenants=true", "tenantsFile")]
    [InlineData("cluster.nothing=1", "cluster.nothing")]
    [InlineData("telemetry.traceRatio=-1", "telemetry.traceRatio")]
    public void What_cannot_be_is_refused_in_one_line(string setting, string named)
    {
        var error = Should.Throw<SettingException>(() => Load(setting));

        error.Setting.ShouldBe(named);
        error.Problem.ShouldNotContain("\n");
    }

    [Fact]
    public void A_public_address_is_taken_when_it_is_asked_for() =>
        Load("cluster.address=8.8.8.8", "cluster.allowPublicAddress=true").Cluster.Address.ShouldBe("8.8.8.8");

    [Fact]
    public void A_silo_needs_tenants() =>
        Should.Throw<SettingException>(() => SiloOptionsLoader.Load(null, [SettingOverride.FromArgument(Least[0])])).Setting.ShouldBe("tenantsFile");

    [Fact]
    public void A_silo_needs_a_database() =>
        Should.Throw<SettingException>(() => SiloOptionsLoader.Load(null, [])).Problem.ShouldContain("storage");

    private static SiloOptions Load(params string[] settings) =>
        SiloOptionsLoader.Load(null, ((string[])[.. Least, .. settings]).Select(SettingOverride.FromArgument)).Options;
}
