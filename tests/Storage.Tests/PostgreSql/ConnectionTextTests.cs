using Starling.Storage.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql;

public sealed class ConnectionTextTests
{
    private const string Good = "Host=db.test;Database=d;Username=u;Password=s3cret";

    [Theory]
    [InlineData(Good)]
    [InlineData(Good + ";Port=5433;SSL Mode=VerifyFull;Timeout=3")]
    [InlineData("Server=db.test;DB=d;User ID=u")]
    [InlineData("Host=/run/postgresql;Database=d;Username=u")]
    public void A_usable_text_has_no_problem(string text) => ConnectionText.ProblemWith(text).ShouldBeNull();

    [Theory]
    [InlineData("", "names no Host")]
    [InlineData("Database=d;Username=u;Password=s3cret", "names no Host")]
    [InlineData("Host=db.test;Username=u;Password=s3cret", "names no Database")]
    [InlineData("Host=db.test;Database=d;Password=s3cret", "names no Username")]
    [InlineData(Good + ";Port=many", "has a value for 'port'")]
    [InlineData("Hosst=db.test;" + Good, "has no setting called 'hosst'")]
    [InlineData("Host=a,b;Database=d;Username=u;Password=s3cret", "several hosts")]
    [InlineData(Good + ";Search Path=public", "'Search Path'")]
    [InlineData("postgres://u:s3cret@db.test/d", "is a URI")]
    [InlineData("postgres://u:s3cret@db.test/d?sslmode=require", "is a URI")]
    [InlineData("Host=db.test;Password=\"s3cret", "is not a list of NAME=VALUE")]
    [InlineData("Host=db.test;Database=d;Username=u;Password=half;s3cret=x", "has no setting called part 5")]
    public void A_problem_is_named_without_the_password(string text, string expected)
    {
        var problem = ConnectionText.ProblemWith(text);
        problem.ShouldNotBeNull().ShouldContain(expected);
        problem.ShouldNotContain("s3cret");
        problem.ShouldNotContain("\n");
    }

    [Fact]
    public void Options_do_not_show_the_password() =>
        new PostgreSqlOptions { ConnectionString = Good }.ToString().ShouldNotContain("s3cret");

    [Fact]
    public void What_the_text_says_wins_over_defaults_but_not_over_what_the_broker_depends_on()
    {
        var text = ConnectionText.Complete(new PostgreSqlOptions
        {
            ConnectionString = Good + ";Timeout=3;Pooling=false;Application Name=x;Enlist=true;Maximum Pool Size=90;Minimum Pool Size=50",
            MaximumConnections = 5,
        });
        text.Timeout.ShouldBe(3);
        text.CommandTimeout.ShouldBe(10);
        text.MaxAutoPrepare.ShouldBe(64);
        text.Pooling.ShouldBeTrue();
        text.ApplicationName.ShouldBe("starling");
        text.Enlist.ShouldBeFalse();
        text.MaxPoolSize.ShouldBe(5);
        text.MinPoolSize.ShouldBe(0);
        text.SearchPath.ShouldBe("starling");
    }
}
