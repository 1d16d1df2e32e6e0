using System.CommandLine;
using Starling.LoadGenerator.Page;
using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Scenarios;

namespace Starling.LoadGenerator.Commands;

/// <summary><c>page</c>: writes results that were written before as a page, with plots and the results beside it.</summary>
internal sealed class PageCommand : Command
{
    private readonly Argument<string[]> _files = new("files") { Description = "JSON files of results.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _output = new("--output") { Description = "The page; its plots and results go to a folder of the same name.", Required = true };
    private readonly Option<string?> _micro = new("--micro") { Description = "A folder with what the micro-benchmarks have written, if it is there." };
    private readonly Option<string?> _remarks = new("--remarks") { Description = "A file of Markdown that explains what missed its target." };

    public PageCommand()
        : base("page", "Writes results as a page of Markdown, with plots.")
    {
        Arguments.Add(_files);
        Options.Add(_output);
        Options.Add(_micro);
        Options.Add(_remarks);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var order = Catalogue.All.Select(scenario => scenario.Key).ToList();
        var files = parsed.GetRequiredValue(_files);
        var results = files.Select(ResultFile.Read).OrderBy(result => order.IndexOf(result.Scenario.Key)).ToList();
        var output = parsed.GetRequiredValue(_output);
        var folder = Directory.CreateDirectory(Path.ChangeExtension(output, null)).FullName;
        string[] reports = parsed.GetValue(_micro) is { } place && Directory.Exists(place) ? Directory.GetFiles(place, "*-brief.json") : [];
        var micro = reports.Order(StringComparer.Ordinal).SelectMany(MicroBenchmark.Read).ToList();
        var page = new PerformancePage(results, micro, parsed.GetValue(_remarks) is { } remarks ? File.ReadAllText(remarks) : null);
        foreach (var (file, svg) in page.Plots())
            File.WriteAllText(Path.Combine(folder, file), svg);
        foreach (var file in files.Concat(reports))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        File.WriteAllText(output, page.ToMarkdown());
        return 0;
    }
}
