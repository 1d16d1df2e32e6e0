using System.Text;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.ScramTestBroker;

namespace Starling.Edge.Tests.Connections;

public sealed class EnhancedAuthenticationTests : IAsyncLifetime
{
    private TestBroker _broker = null!;
    private MqttTestClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(Closed);
        _client = await _broker.OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData("kim", "n,,")]
    [InlineData("demo/kim", "n,,")]
    [InlineData("kim@demo", "y,,")]
    [Trait("Statement", "MQTT5-3.2.0-1")]
    [Trait("Statement", "MQTT5-3.15.2-1")]
    [Trait("Statement", "MQTT5-4.12.0-2")]
    [Trait("Statement", "MQTT5-4.12.0-3")]
    [Trait("Statement", "MQTT5-4.12.0-5")]
    public async Task A_client_that_proves_its_password_is_let_in(string user, string gs2Header)
    {
        var scram = new ScramClient(gs2Header, user, "pencil");
        await _client.SendAsync(Connect(scram));
        await _client.AnswerChallengeAsync(scram);

        var connAck = await _client.ExpectAsync<ConnAckPacket>();

        connAck.ReasonCode.ShouldBe(ReasonCode.Success);
        connAck.AuthenticationMethod.ShouldBe(Method);
        Encoding.UTF8.GetString(connAck.AuthenticationData!.Value.Span).ShouldStartWith("v=");
        await _client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData("kim", "pen")]
    [InlineData("nobody", "pencil")]
    [Trait("Statement", "MQTT5-3.1.4-2")]
    [Trait("Statement", "MQTT5-4.12.0-4")]
    public async Task A_wrong_password_and_an_unknown_user_fail_alike_and_only_at_the_proof(string user, string password)
    {
        var scram = new ScramClient("n,,", user, password);
        await _client.SendAsync(Connect(scram));
        await _client.AnswerChallengeAsync(scram);

        (await _client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
        await _client.ExpectClosedAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.12.0-4")]
    public async Task A_first_message_that_is_none_is_refused_at_once()
    {
        await _client.SendAsync(new ConnectPacket { ClientIdentifier = "c", AuthenticationMethod = Method, AuthenticationData = "nonsense"u8.ToArray() });

        (await _client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
        await _client.ExpectClosedAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.12.0-1")]
    public async Task An_unknown_method_is_refused()
    {
        await _client.SendAsync(new ConnectPacket { ClientIdentifier = "c", AuthenticationMethod = "GS2-KRB5" });

        (await _client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.BadAuthenticationMethod);
        await _client.ExpectClosedAsync();
    }

    [Fact]
    public async Task Channel_binding_is_refused()
    {
        await _client.SendAsync(Connect(new ScramClient("p=tls-exporter,,", "kim", "pencil")));

        (await _client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.BadAuthenticationMethod);
        await _client.ExpectClosedAsync();
    }

    [Fact]
    public async Task The_user_of_the_CONNECT_and_that_of_the_proof_must_be_one()
    {
        var scram = new ScramClient("n,,", "kim", "pencil");
        await _client.SendAsync(Connect(scram) with { UserName = "lee" });
        await _client.AnswerChallengeAsync(scram);

        (await _client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
    }

    [Theory]
    [InlineData("PINGREQ in 5")]
    [InlineData("UNSUBSCRIBE in 5")]
    [InlineData("CONNECT minimal 5")]
    [Trait("Statement", "MQTT5-3.1.2-30")]
    [Trait("Statement", "MQTT5-3.1.4-6")]
    public async Task Another_packet_before_CONNACK_is_a_protocol_error(string packet)
    {
        await _client.SendAsync(Connect(new ScramClient("n,,", "kim", "pencil")));
        await _client.ExpectAsync<AuthPacket>();

        await _client.SendAsync(PacketCatalogue.Named(packet).Bytes);

        (await _client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.ProtocolError);
        await _client.ExpectClosedAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-30")]
    [Trait("Statement", "MQTT5-3.14.0-1")]
    public async Task A_client_may_give_up_with_DISCONNECT()
    {
        await _client.SendAsync(Connect(new ScramClient("n,,", "kim", "pencil")));
        await _client.ExpectAsync<AuthPacket>();

        await _client.SendAsync(new DisconnectPacket());

        await _client.ExpectClosedAsync();
    }

    [Theory]
    [InlineData(ReasonCode.ContinueAuthentication, "SCRAM-SHA-1")]
    [InlineData(ReasonCode.ReAuthenticate, Method)]
    [InlineData(ReasonCode.Success, Method)]
    [Trait("Statement", "MQTT5-4.12.0-3")]
    [Trait("Statement", "MQTT5-4.12.0-5")]
    public async Task An_AUTH_with_another_method_or_reason_is_a_protocol_error(ReasonCode reason, string method)
    {
        await _client.SendAsync(Connect(new ScramClient("n,,", "kim", "pencil")));
        await _client.ExpectAsync<AuthPacket>();

        await _client.SendAsync(Auth(reason, "x"u8.ToArray(), method));

        (await _client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.ProtocolError);
        await _client.ExpectClosedAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.12.0-6")]
    [Trait("Statement", "MQTT5-4.12.0-7")]
    [Trait("Statement", "MQTT5-3.15.2-1")]
    public async Task An_AUTH_after_a_CONNECT_without_a_method_is_a_protocol_error()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();
        (await client.ConnectAsync("c")).AuthenticationMethod.ShouldBeNull();

        await client.SendAsync(Auth(ReasonCode.ReAuthenticate, []));

        await client.ExpectDisconnectedAsync(ReasonCode.ProtocolError);
    }

    [Fact]
    public async Task A_client_that_is_still_proving_itself_does_not_take_over()
    {
        await using var older = await ScramTestBroker.ConnectAsync(_broker);

        await _client.SendAsync(Connect(new ScramClient("n,,", "kim", "pencil")));
        await _client.ExpectAsync<AuthPacket>();

        await older.ExpectNothingAsync();
    }
}
