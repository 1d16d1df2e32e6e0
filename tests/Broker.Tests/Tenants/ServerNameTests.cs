using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Files;

namespace Starling.Broker.Tests.Tenants;

public sealed class ServerNameTests
{
    [Theory]
    [InlineData("mqtt.example.com", "mqtt.example.com")]
    [InlineData("MQTT.Example.com.", "mqtt.example.com")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("BÜCHER.example.", "xn--bcher-kva.example")]
    [InlineData("XN--BCHER-KVA.example", "xn--bcher-kva.example")]
    [InlineData("*.bücher.example", "*.xn--bcher-kva.example")]
    [InlineData("", "")]
    [InlineData("ü..x", "ü..x")]
    public void A_name_has_one_form(string name, string expected) => ServerName.Normalize(name).ShouldBe(expected);

    [Theory]
    [InlineData("bücher.example", "xn--bcher-kva.example.")]
    [InlineData("xn--bcher-kva.example", "bücher.example")]
    [InlineData("*.bücher.example", "x.bücher.example.")]
    [InlineData("mqtt.example.com.", "MQTT.example.com")]
    public void A_tenant_is_found_by_each_form_of_its_name(string setting, string asked)
    {
        using var house = new House();
        house.Directory.Apply(TenantsFileReader.Read("t.json", System.Text.Encoding.UTF8.GetBytes(
            $$"""{ "tenants": { "acme": { "serverNames": ["{{setting}}"] } } }""")));

        house.Directory.TryGetByServerName(asked, out var tenant).ShouldBeTrue();
        tenant!.Name.ShouldBe("acme");
    }
}
