using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Credentials;
using Starling.Edge.Nodes;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

public sealed class CredentialsTests
{
    private static readonly string Hash = new PasswordHasher<User>().HashPassword(new User("kim"), "open sesame");

    private static readonly TenantOptions Closed = TestBroker.Demo with
    {
        Anonymous = null,
        Users = [new Broker.Tenants.UserOptions { Name = "kim", PasswordHash = Hash }],
    };

    public static TheoryData<ProtocolVersion> Versions => new(Enum.GetValues<ProtocolVersion>());

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.2-17")]
    [Trait("Statement", "MQTT5-3.1.2-19")]
    [Trait("Statement", "MQTT5-3.1.4-5")]
    [Trait("Statement", "MQTT311-3.1.2-19")]
    [Trait("Statement", "MQTT311-3.1.2-21")]
    public async Task The_right_password_lets_a_user_in(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync(Closed);
        await using var client = await broker.OpenAsync(version);

        (await client.ConnectAsync(As("kim", "open sesame", version))).ReasonCode.ShouldBe(ReasonCode.Success);

        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, new byte[0])]
    [InlineData(ProtocolVersion.Mqtt5, new byte[] { 0 })]
    [Trait("Statement", "MQTT5-3.1.3-1")]
    [Trait("Statement", "MQTT5-3.1.3-3")]
    [Trait("Statement", "MQTT311-3.1.3-1")]
    [Trait("Statement", "MQTT311-3.1.3-3")]
    public async Task The_fields_of_a_CONNECT_are_taken_in_their_order(ProtocolVersion version, byte[] noProperties)
    {
        await using var broker = await TestBroker.StartAsync(Closed);
        await using var watcher = await broker.ConnectAsync(As("kim", "open sesame"));
        await watcher.SubscribeAsync("last/words");
        await using var client = await broker.OpenAsync(version);

        await client.SendAsync(Raw.Packet(0x10,
        [
            .. Raw.Text("MQTT"), (byte)version, 0xC6, 0, 0, .. noProperties, .. Raw.Text("identifier"),
            .. noProperties, .. Raw.Text("last/words"), .. Raw.Text("gone"), .. Raw.Text("kim"), .. Raw.Text("open sesame"),
        ]));

        (await client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.Success);
        await using var another = await broker.ConnectAsync(As("kim", "open sesame") with { ClientIdentifier = "identifier" });
        await client.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);
        (await watcher.ExpectMessageAsync()).Text.ShouldBe("gone");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_tenant_may_stand_in_the_user_name(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync(Closed);
        foreach (var name in (string[])["demo/kim", "kim@demo"])
        {
            await using var client = await broker.OpenAsync(version);
            (await client.ConnectAsync(As(name, "open sesame", version))).ReasonCode.ShouldBe(ReasonCode.Success);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.4-2")]
    [Trait("Statement", "MQTT5-3.2.2-7")]
    [Trait("Statement", "MQTT311-3.2.2-4")]
    [Trait("Statement", "MQTT311-3.2.2-5")]
    public async Task A_wrong_password_and_an_unknown_user_are_refused_alike(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync(Closed);
        foreach (var connect in (ConnectPacket[])[As("kim", "wrong", version), As("kim", "", version), As("nobody", "open sesame", version)])
        {
            await using var client = await broker.OpenAsync(version);
            (await client.ConnectAsync(connect)).ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);
            await client.ExpectClosedAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.4-2")]
    [Trait("Statement", "MQTT5-3.2.2-7")]
    [Trait("Statement", "MQTT311-3.2.2-5")]
    public async Task A_client_that_names_no_user_is_not_authorized(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync(Closed);
        await using var client = await broker.OpenAsync(version);

        var connAck = await client.ConnectAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "c" });

        connAck.ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
        await client.ExpectClosedAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt31, "20020004", "20020005")]
    [InlineData(ProtocolVersion.Mqtt311, "20020004", "20020005")]
    [InlineData(ProtocolVersion.Mqtt5, "2003008600", "2003008700")]
    [Trait("Statement", "MQTT5-3.2.2-6")]
    [Trait("Statement", "MQTT5-3.2.2-8")]
    [Trait("Statement", "MQTT311-3.2.2-4")]
    public async Task Each_version_has_its_codes(ProtocolVersion version, string badPassword, string notAuthorized)
    {
        await using var broker = await TestBroker.StartAsync(Closed);
        await using var wrong = await broker.OpenAsync(version);
        await using var anonymous = await broker.OpenAsync(version);

        await wrong.SendAsync(As("kim", "wrong", version));
        await anonymous.SendAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "c" });

        Convert.ToHexString((await wrong.ReceiveAsync()).Bytes).ShouldBe(badPassword);
        Convert.ToHexString((await anonymous.ReceiveAsync()).Bytes).ShouldBe(notAuthorized);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.4-2")]
    public async Task A_password_without_a_user_proves_nothing_and_is_refused()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();

        var connAck = await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", Password = "x"u8.ToArray() });

        connAck.ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);
    }

    [Fact]
    public async Task A_refused_client_does_not_end_the_connection_with_its_identifier()
    {
        await using var broker = await TestBroker.StartAsync(Closed);
        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(As("kim", "open sesame"));
        await using var thief = await broker.OpenAsync();

        (await thief.ConnectAsync(As("kim", "guess"))).ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);

        await client.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_user_that_is_removed_is_closed(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync(Closed);
        await using var client = await broker.OpenAsync(version);
        await client.ConnectAsync(As("kim", "open sesame", version));

        broker.Tenants.Apply([Closed with { Users = [] }]);

        await client.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
        await using var again = await broker.OpenAsync(version);
        (await again.ConnectAsync(As("kim", "open sesame", version))).ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);
    }

    [Theory]
    [InlineData("removed")]
    [InlineData("another password")]
    public async Task A_user_whose_password_is_revoked_during_its_CONNECT_is_closed(string change)
    {
        var gate = new Gate();
        await using var broker = await TestBroker.StartAsync(services => services.AddSingleton<IQuotaLeases>(gate));
        broker.Tenants.Apply([Closed]);
        await using var client = await broker.OpenAsync();
        await client.SendAsync(As("kim", "open sesame"));
        await gate.Reached;

        var another = Closed.Users[0] with { PasswordHash = new PasswordHasher<User>().HashPassword(new User("kim"), "new") };
        broker.Tenants.Apply([Closed with { Users = change == "removed" ? [] : [another] }]);
        gate.Open();

        (await client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.Success);
        await client.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task A_user_with_another_password_is_closed_and_one_with_other_rules_is_not()
    {
        var lee = new Broker.Tenants.UserOptions { Name = "lee", PasswordHash = Hash };
        await using var broker = await TestBroker.StartAsync(Closed with { Users = [.. Closed.Users, lee] });
        await using var kim = await broker.OpenAsync();
        await kim.ConnectAsync(As("kim", "open sesame"));
        await using var other = await broker.OpenAsync();
        await other.ConnectAsync(As("lee", "open sesame"));

        var changed = Closed.Users[0] with { PasswordHash = new PasswordHasher<User>().HashPassword(new User("kim"), "new") };
        var ruled = lee with { Acl = [new AclRule(Allow: false, AclActions.Publish, AclPattern.Parse("a"))] };
        broker.Tenants.Apply([Closed with { Users = [changed, ruled] }]);

        await kim.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
        (await other.PublishAsync("a", "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task The_connection_of_a_user_is_closed_when_the_user_ends()
    {
        var time = new ManualTime();
        var lee = new Broker.Tenants.UserOptions { Name = "lee", PasswordHash = Hash };
        await using var broker = await TestBroker.StartAsync(
            Closed with { Users = [Closed.Users[0] with { NotAfter = time.GetUtcNow().AddMinutes(1) }, lee] }, time);
        await using var kim = await broker.OpenAsync();
        (await kim.ConnectAsync(As("kim", "open sesame"))).ReasonCode.ShouldBe(ReasonCode.Success);
        await using var other = await broker.OpenAsync();
        await other.ConnectAsync(As("lee", "open sesame"));

        time.Advance(TimeSpan.FromMinutes(1) + LoginSweep.Interval);

        await kim.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
        await other.ExpectNothingAsync();
    }

    [Fact]
    public async Task Anonymous_clients_are_closed_when_they_are_not_allowed_any_more()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");

        broker.Tenants.Apply([TestBroker.Demo with { Anonymous = null }]);

        await client.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task The_clients_of_a_tenant_that_is_removed_are_closed()
    {
        await using var broker = await TestBroker.StartAsync(others: TestBroker.Demo with { Name = "acme" });
        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", UserName = "acme/" });
        await using var neighbour = await broker.ConnectAsync("c");

        broker.Tenants.Apply([TestBroker.Demo]);

        await client.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
        await neighbour.ExpectNothingAsync();
    }

    /// <summary>Where a CONNECT waits that has logged in and whose session does not know of it yet.</summary>
    private sealed class Gate : IQuotaLeases
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public bool CanAsk => false;

        public void Open() => _open.TrySetResult();

        public async ValueTask EnsureAsync(Tenant tenant)
        {
            _reached.TrySetResult();
            await _open.Task;
        }

        public ValueTask AskForMoreAsync(Tenant tenant) => ValueTask.CompletedTask;
    }

    private static ConnectPacket As(string user, string password, ProtocolVersion version = ProtocolVersion.Mqtt5) => new()
    {
        ProtocolVersion = version,
        ClientIdentifier = user,
        UserName = user,
        Password = System.Text.Encoding.UTF8.GetBytes(password),
    };
}
