using System.Text;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Authentication;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Broker.Tests.Tenants.Authentication;

public sealed class ScramSha256ExchangeTests : IDisposable
{
    private const string ClientNonce = "rOprNGfwEbeRWgbNEkqO";
    private const string ServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

    private readonly House _house = new(new TenantOptions
    {
        Name = "acme",
        Users =
        [
            new() { Name = "user", Scram = ScramCredential.Create("pencil", 4096, Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==")) },
            new() { Name = "a,b=c", Scram = ScramCredential.Create("pencil", 4096) },
            new() { Name = "plain" },
        ],
    });

    public void Dispose() => _house.Dispose();

    [Fact]
    public void The_example_of_RFC_7677_is_reproduced()
    {
        var exchange = Begin();

        var first = exchange.Step(Bytes($"n,,n=user,r={ClientNonce}"));
        var last = exchange.Step(Bytes(
            $"c=biws,r={ClientNonce}{ServerNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));

        first.ReasonCode.ShouldBe(ReasonCode.ContinueAuthentication);
        Text(first).ShouldBe($"r={ClientNonce}{ServerNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        last.ReasonCode.ShouldBe(ReasonCode.Success);
        Text(last).ShouldBe("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        last.User.ShouldBe(new User("user"));
    }

    [Theory]
    [InlineData("n,,")]
    [InlineData("y,,")]
    [InlineData("n,a=user,")]
    public void A_client_without_channel_binding_proves_itself(string header)
    {
        var last = Run(Begin(), new(header, "user", "pencil"));

        last.User.ShouldBe(new User("user"));
    }

    [Fact]
    public void A_name_with_comma_and_equals_sign_is_unescaped() =>
        Run(Begin(), new("n,,", "a=2Cb=3Dc", "pencil")).User.ShouldBe(new User("a,b=c"));

    [Fact]
    public void The_tenants_own_name_in_front_of_the_user_is_taken_off() =>
        Run(Begin(), new("n,,", "acme/user", "pencil")).User.ShouldBe(new User("user"));

    [Theory]
    [InlineData("user", "wrong")]
    [InlineData("nobody", "pencil")]
    [InlineData("plain", "pencil")]
    public void A_wrong_password_and_a_user_who_does_not_exist_fail_alike(string user, string password)
    {
        var exchange = Begin();
        var client = new ScramClient("n,,", user, password);

        var first = exchange.Step(client.First());
        var last = exchange.Step(client.Final(Text(first)));

        first.ReasonCode.ShouldBe(ReasonCode.ContinueAuthentication);
        Text(first).ShouldEndWith(",i=4096");
        last.ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
        last.User.ShouldBeNull();
        last.Data.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void The_salt_of_a_user_who_does_not_exist_is_the_same_each_time_and_another_for_each_name_and_secret()
    {
        var options = _house["acme"].Options;
        using var elsewhere = new House(options);
        using var other = new House(options with { Users = [options.Users[0] with { Scram = ScramCredential.Create("other", 4096) }, .. options.Users.Skip(1)] });

        var salts = new[] { Salt(_house, "nobody"), Salt(_house, "nobody"), Salt(elsewhere, "nobody"), Salt(_house, "noone"), Salt(other, "nobody") };

        salts.Take(3).Distinct().Count().ShouldBe(1);
        salts.Distinct().Count().ShouldBe(3);
        salts[0].Length.ShouldBe(Salt(_house, "user").Length);
    }

    [Fact]
    public void A_client_that_insists_on_channel_binding_gets_bad_authentication_method() =>
        Begin().Step(Bytes($"p=tls-unique,,n=user,r={ClientNonce}")).ReasonCode.ShouldBe(ReasonCode.BadAuthenticationMethod);

    [Theory]
    [InlineData("")]
    [InlineData("n,,n=user")]
    [InlineData("x,,n=user,r=abc")]
    [InlineData("n,,m=ext,n=user,r=abc")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=us=er,r=abc")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,n=user,r=a c")]
    [InlineData("n,a=admin,n=user,r=abc")]
    [InlineData("n,,n=us\u0007er,r=abc")]
    public void A_malformed_first_message_is_refused(string message) =>
        Begin().Step(Bytes(message)).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);

    [Fact]
    public void A_first_message_beyond_any_size_is_refused() =>
        Begin().Step(Bytes($"n,,n={new string('u', 5000)},r=abc")).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused() =>
        Begin().Step([.. "n,,n="u8, 0xFF, .. ",r=abc"u8]).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);

    [Fact]
    public void A_replayed_final_message_fails_because_the_server_nonce_is_new()
    {
        var client = new ScramClient("n,,", "user", "pencil");
        var once = Begin();
        var recorded = client.Final(Text(once.Step(client.First())));
        once.Step(recorded).ReasonCode.ShouldBe(ReasonCode.Success);

        var again = new ScramSha256Exchange(_house["acme"], null, new(_house.Time), null, ScramSha256Exchange.NewNonce());
        again.Step(client.First());

        again.Step(recorded).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public void A_gs2_header_changed_on_the_way_is_noticed()
    {
        var exchange = Begin();
        var client = new ScramClient("y,,", "user", "pencil");
        var first = exchange.Step(Bytes(Encoding.UTF8.GetString(client.First()).Replace("y,,", "n,,", StringComparison.Ordinal)));

        exchange.Step(client.Final(Text(first))).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
    }

    [Theory]
    [InlineData("c=biws,r=NONCE")]
    [InlineData("c=biws,r=NONCE,p=")]
    [InlineData("c=biws,r=NONCE,p=!!!")]
    [InlineData("c=biws,r=NONCE,p=AAAA")]
    [InlineData("r=NONCE,c=biws,p=AAAA")]
    [InlineData("")]
    public void A_malformed_final_message_is_refused(string message)
    {
        var exchange = Begin();
        exchange.Step(Bytes($"n,,n=user,r={ClientNonce}"));

        exchange.Step(Bytes(message.Replace("NONCE", ClientNonce + ServerNonce, StringComparison.Ordinal)))
            .ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public void An_exchange_about_another_user_than_the_required_one_fails() =>
        Run(new(_house["acme"], "a,b=c", new(_house.Time), null, ServerNonce), new("n,,", "user", "pencil")).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);

    [Fact]
    public void A_user_removed_half_way_fails()
    {
        var exchange = Begin();
        var client = new ScramClient("n,,", "user", "pencil");
        var first = exchange.Step(client.First());
        _house.Directory.Apply([_house["acme"].Options with { Users = [] }]);

        exchange.Step(client.Final(Text(first))).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public void An_ended_exchange_takes_nothing_more()
    {
        var exchange = Begin();
        exchange.Step([]);

        Should.Throw<InvalidOperationException>(() => exchange.Step([]));
    }

    [Fact]
    public void The_user_name_can_be_read_before_the_tenant_is_known()
    {
        ScramSha256Exchange.UserNameIn("n,,n=acme/user,r=abc"u8).ShouldBe("acme/user");
        ScramSha256Exchange.UserNameIn("nonsense"u8).ShouldBeNull();
    }

    private static ScramStep Run(ScramSha256Exchange exchange, ScramClient client) =>
        exchange.Step(client.Final(Text(exchange.Step(client.First()))));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ScramStep step) => Encoding.UTF8.GetString(step.Data.Span);

    private ScramSha256Exchange Begin() => new(_house["acme"], null, new(_house.Time), null, ServerNonce);

    private static string Salt(House house, string user) =>
        Text(new ScramSha256Exchange(house["acme"], null, new(house.Time), null, "n").Step(Bytes($"n,,n={user},r=abc"))).Split(',')[1];
}
