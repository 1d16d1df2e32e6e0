using System.CommandLine;
using Starling.LoadGenerator.Scenarios;

namespace Starling.LoadGenerator.Commands;

/// <summary><c>list</c>: the keys of scenarios, for people and for <c>bench/run</c>.</summary>
internal sealed class ListCommand : Command
{
    private readonly Argument<string> _keys = new("keys") { Description = "As for load --scenario.", DefaultValueFactory = _ => "all" };

    public ListCommand()
        : base("list", "Prints the scenarios, one per line: key, title, and whether it is about durable sessions or a database alone.")
    {
        Arguments.Add(_keys);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        foreach (var scenario in Catalogue.Choose(parsed.GetRequiredValue(_keys)))
            Console.WriteLine($"{scenario.Key}\t{scenario.Title}\t{About(scenario)}");
        return 0;
    }

    private static string About(Scenario scenario) => scenario switch
    {
        { Kind: Kind.Database } => "database",
        { Durable: true } => "durable",
        _ => "",
    };
}
