using System.Text;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.ScramTestBroker;

namespace Starling.Edge.Tests.Connections;

public sealed class ReauthenticationTests : IAsyncLifetime
{
    private TestBroker _broker = null!;
    private MqttTestClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(Closed);
        _client = await ScramTestBroker.ConnectAsync(_broker);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.15.2-1")]
    [Trait("Statement", "MQTT5-3.15.2-2")]
    [Trait("Statement", "MQTT5-3.15.2-3")]
    [Trait("Statement", "MQTT5-4.12.0-2")]
    [Trait("Statement", "MQTT5-4.12.0-5")]
    [Trait("Statement", "MQTT5-4.12.1-1")]
    public async Task A_client_may_prove_itself_again_more_than_once()
    {
        for (var i = 0; i < 2; i++)
        {
            var scram = new ScramClient("n,,", "kim", "pencil");
            await _client.SendAsync(Auth(ReasonCode.ReAuthenticate, scram.First()));
            await _client.AnswerChallengeAsync(scram);
            var auth = await _client.ExpectAsync<AuthPacket>();
            auth.ReasonCode.ShouldBe(ReasonCode.Success);
            auth.AuthenticationMethod.ShouldBe(Method);
            Encoding.UTF8.GetString(auth.AuthenticationData!.Value.Span).ShouldStartWith("v=");
            (auth.ReasonString, auth.UserProperties.Count).ShouldBe((null, 0));
        }

        await _client.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.12.1-1")]
    public async Task Other_packets_go_on_meanwhile()
    {
        var scram = new ScramClient("n,,", "kim", "pencil");
        await _client.SubscribeAsync("a");
        await _client.SendAsync(Auth(ReasonCode.ReAuthenticate, scram.First()));
        var challenge = await _client.ExpectAsync<AuthPacket>();

        await _client.PublishAsync("a", "x", QualityOfService.AtLeastOnce);
        (await _client.ExpectMessageAsync()).Text.ShouldBe("x");

        await _client.SendAsync(Auth(ReasonCode.ContinueAuthentication, scram.Final(Encoding.UTF8.GetString(challenge.AuthenticationData!.Value.Span))));
        (await _client.ExpectAsync<AuthPacket>()).ReasonCode.ShouldBe(ReasonCode.Success);
    }

    [Theory]
    [InlineData("kim", "pen")]
    [InlineData("lee", "pencil")]
    [Trait("Statement", "MQTT5-4.12.1-2")]
    public async Task A_client_that_fails_or_proves_to_be_somebody_else_is_closed(string user, string password)
    {
        var scram = new ScramClient("n,,", user, password);
        await _client.SendAsync(Auth(ReasonCode.ReAuthenticate, scram.First()));
        await _client.AnswerChallengeAsync(scram);

        await _client.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-8")]
    public async Task A_client_that_fails_leaves_its_will()
    {
        await using var watcher = await ScramTestBroker.ConnectAsync(_broker);
        await _client.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);
        await watcher.SubscribeAsync("w");
        var scram = new ScramClient("n,,", "lee", "pencil");
        await using var client = await _broker.OpenAsync();
        await client.SendAsync(Connect(scram) with { ClientIdentifier = "with a will", Will = new() { Topic = "w" } });
        await client.AnswerChallengeAsync(scram);
        await client.ExpectAsync<ConnAckPacket>();

        await client.SendAsync(Auth(ReasonCode.ReAuthenticate, "nonsense"u8.ToArray()));

        await client.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
        (await watcher.ExpectMessageAsync()).Topic.ShouldBe("w");
    }

    [Theory]
    [InlineData(ReasonCode.ReAuthenticate, "SCRAM-SHA-1")]
    [InlineData(ReasonCode.ContinueAuthentication, Method)]
    [InlineData(ReasonCode.Success, Method)]
    [Trait("Statement", "MQTT5-4.12.0-3")]
    [Trait("Statement", "MQTT5-4.12.0-5")]
    [Trait("Statement", "MQTT5-4.12.1-1")]
    public async Task An_AUTH_with_another_method_or_nothing_to_continue_is_a_protocol_error(ReasonCode reason, string method)
    {
        await _client.SendAsync(Auth(reason, "x"u8.ToArray(), method));

        await _client.ExpectDisconnectedAsync(ReasonCode.ProtocolError);
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.12.0-3")]
    public async Task An_AUTH_that_claims_success_in_the_middle_is_a_protocol_error()
    {
        var scram = new ScramClient("n,,", "kim", "pencil");
        await _client.SendAsync(Auth(ReasonCode.ReAuthenticate, scram.First()));
        var challenge = await _client.ExpectAsync<AuthPacket>();

        await _client.SendAsync(Auth(ReasonCode.Success, scram.Final(Encoding.UTF8.GetString(challenge.AuthenticationData!.Value.Span))));

        await _client.ExpectDisconnectedAsync(ReasonCode.ProtocolError);
    }
}
