using System.Text;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Authentication;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>What the tests of enhanced authentication share: a tenant with one user, and the client's turns.</summary>
internal static class ScramTestBroker
{
    public const string Method = ScramSha256Exchange.Method;

    public static TenantOptions Closed { get; } = TestBroker.Demo with
    {
        Anonymous = null,
        Users =
        [
            new Broker.Tenants.UserOptions { Name = "kim", Scram = ScramCredential.Create("pencil", ScramCredential.MinimumIterations) },
            new Broker.Tenants.UserOptions { Name = "lee", Scram = ScramCredential.Create("pencil", ScramCredential.MinimumIterations) },
        ],
    };

    public static ConnectPacket Connect(ScramClient scram) => new()
    {
        ClientIdentifier = "c",
        AuthenticationMethod = Method,
        AuthenticationData = scram.First(),
    };

    public static AuthPacket Auth(ReasonCode reason, byte[] data, string method = Method) =>
        new() { ReasonCode = reason, AuthenticationMethod = method, AuthenticationData = data };

    /// <summary>The second turn, to the challenge that has just come.</summary>
    public static async Task AnswerChallengeAsync(this MqttTestClient client, ScramClient scram)
    {
        var challenge = await client.ExpectAsync<AuthPacket>();
        challenge.ReasonCode.ShouldBe(ReasonCode.ContinueAuthentication);
        challenge.AuthenticationMethod.ShouldBe(Method);
        var data = Encoding.UTF8.GetString(challenge.AuthenticationData!.Value.Span);
        await client.SendAsync(Auth(ReasonCode.ContinueAuthentication, scram.Final(data)));
    }

    /// <summary>A client that has authenticated.</summary>
    public static async Task<MqttTestClient> ConnectAsync(TestBroker broker)
    {
        var scram = new ScramClient("n,,", "kim", "pencil");
        var client = await broker.OpenAsync();
        await client.SendAsync(Connect(scram));
        await client.AnswerChallengeAsync(scram);
        (await client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }
}
