using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

[Trait(nameof(SharedBroker.Broker), SharedBroker.Any)]
public sealed class LoginTests(SharedBroker shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    [Theory]
    [MemberData(nameof(Versions.All), MemberType = typeof(Versions))]
    public Task Wrong_password_is_refused(string version) => RefusedAsync(new Mosquitto(_broker) { Version = version, Password = "guess" });

    [Theory]
    [MemberData(nameof(Versions.All), MemberType = typeof(Versions))]
    public Task Unknown_user_is_refused(string version) => RefusedAsync(new Mosquitto(_broker) { Version = version, User = "nobody" });

    [Theory]
    [MemberData(nameof(Versions.All), MemberType = typeof(Versions))]
    public Task Client_without_a_user_name_is_refused(string version) =>
        RefusedAsync(new Mosquitto(_broker) { Version = version, User = null, Password = null });

    [Fact]
    public Task User_of_another_tenant_is_refused() => RefusedAsync(new Mosquitto(_broker) { User = "device", Password = "device" });

    [Fact]
    public Task Client_without_a_tenant_is_refused() => RefusedAsync(new Mosquitto(_broker) { Listener = "any" });

    private static async Task RefusedAsync(Mosquitto client)
    {
        await using var publisher = client.StartPublish("login/refused", "x");

        var output = await publisher.ExitAsync();

        publisher.ExitCode.ShouldNotBe(0);
        output.ShouldContain(line => line.StartsWith("Connection error: ", StringComparison.Ordinal)
            && (line.Contains("uthori", StringComparison.Ordinal) || line.Contains("bad user", StringComparison.OrdinalIgnoreCase)));
    }
}
