using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tests.Tenants.Credentials;

public sealed class ScramCredentialTests
{
    private const string Stored =
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    [Fact]
    public void The_stored_form_holds_everything_and_is_read_back()
    {
        var made = ScramCredential.Create("pencil", 4096, Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="));

        made.ToStoredForm().ShouldBe(Stored);
        ScramCredential.TryParse(Stored, out var read, out _).ShouldBeTrue();
        read.ShouldBe(made);
        read!.GetHashCode().ShouldBe(made.GetHashCode());
    }

    [Theory]
    [InlineData("")]
    [InlineData("SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==$AA==:AA==")]
    [InlineData("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$AA==:AA==")]
    [InlineData("SCRAM-SHA-256$4095:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")]
    [InlineData("SCRAM-SHA-256$9999999:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")]
    [InlineData("SCRAM-SHA-256$4096:AA==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")]
    public void A_bad_stored_form_is_refused_with_a_reason(string text)
    {
        ScramCredential.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void Its_text_shows_no_secret()
    {
        ScramCredential.TryParse(Stored, out var credential, out _).ShouldBeTrue();

        credential!.ToString().ShouldBe("SCRAM-SHA-256, 4096 iterations");
        new Broker.Tenants.UserOptions { Name = "ann", Scram = credential, PasswordHash = "hash" }.ToString().ShouldBe("ann");
    }

    [Theory]
    [InlineData("I\u00ADX", "IX")]
    [InlineData("user", "user")]
    [InlineData("USER", "USER")]
    [InlineData("a\u00A0b", "a b")]
    [InlineData("\u00E9", "\u00E9")]
    public void SASLprep_maps_as_in_RFC_4013(string text, string expected)
    {
        SaslPrep.TryPrepare(text, out var prepared).ShouldBeTrue();
        prepared.ShouldBe(expected);
    }

    [Theory]
    [InlineData("\u0007")]
    [InlineData("a\u007F")]
    [InlineData("\uE000")]
    [InlineData("\uFFFD")]
    [InlineData("\u200E")]
    [InlineData("")]
    [InlineData("\u00AD")]
    public void SASLprep_refuses_what_is_prohibited_or_leaves_nothing(string text) =>
        SaslPrep.TryPrepare(text, out _).ShouldBeFalse();
}
