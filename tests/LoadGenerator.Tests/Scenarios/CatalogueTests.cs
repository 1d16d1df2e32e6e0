using Starling.LoadGenerator.Scenarios;

namespace Starling.LoadGenerator.Tests.Scenarios;

public sealed class CatalogueTests
{
    [Fact]
    public void No_two_scenarios_have_the_same_key() => Catalogue.All.Select(scenario => scenario.Key).ShouldBeUnique();

    [Fact]
    public void The_durable_scenarios_are_those_that_keep_sessions_and_the_database_alone()
    {
        var chosen = Catalogue.Choose("durable");

        chosen.ShouldAllBe(scenario => scenario.Durable || scenario.Kind == Kind.Database);
        chosen.Select(scenario => scenario.Key).ShouldContain("k-latency");
        chosen.Select(scenario => scenario.Key).ShouldContain("k-database");
    }

    [Fact]
    public void A_key_that_does_not_exist_is_refused() => Should.Throw<ArgumentException>(() => Catalogue.Choose("a,nothing"));
}
