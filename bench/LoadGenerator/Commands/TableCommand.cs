using System.CommandLine;
using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Scenarios;

namespace Starling.LoadGenerator.Commands;

/// <summary><c>table</c>: prints results that were written before, with ratios.</summary>
internal sealed class TableCommand : Command
{
    private readonly Argument<string[]> _files = new("files") { Description = "JSON files of results.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _baseline = new("--baseline") { Description = "Broker to compare with.", DefaultValueFactory = _ => "mosquitto" };

    private readonly Option<bool> _markdown = new("--markdown") { Description = "As a Markdown table." };

    public TableCommand()
        : base("table", "Prints results side by side, with ratios.")
    {
        Arguments.Add(_files);
        Options.Add(_baseline);
        Options.Add(_markdown);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var order = Catalogue.All.Select(scenario => scenario.Key).ToList();
        var results = parsed.GetRequiredValue(_files).Select(ResultFile.Read).OrderBy(result => order.IndexOf(result.Scenario.Key)).ToList();
        foreach (var line in new ResultTable(parsed.GetRequiredValue(_baseline), parsed.GetValue(_markdown)).Lines(results))
            Console.WriteLine(line);
        return 0;
    }
}
