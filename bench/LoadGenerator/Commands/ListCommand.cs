using System.CommandLine;
using Starling.LoadGenerator.Scenarios;

namespace Starling.LoadGenerator.Commands;

/// <summary><c>list</c>: the keys of scenarios, for people and for <c>bench/run</c>.</summary>
internal sealed class ListCommand : Command
{
    private readonly Argument<string> _keys = new("keys") { Description = "As for load --scenario.", DefaultValueFactory = _ => "all" };

    public ListCommand()
        : base("list", "Prints the scenarios, one per line.")
    {
        Arguments.Add(_keys);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        foreach (var scenario in Catalogue.Choose(parsed.GetRequiredValue(_keys)))
            Console.WriteLine($"{scenario.Key}\t{scenario.Title}");
        return 0;
    }
}
