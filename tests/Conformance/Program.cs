using Starling.Conformance;

// [--write] ASSEMBLY...: holds the tests of these programs against the specifications, or writes the page. Runs in the root of the repository.
var write = args is ["--write", ..];
var coverage = Coverage.Of(args.Skip(write ? 1 : 0).SelectMany(ShowingTest.In));

var problems = coverage.Problems().ToList();
if (problems.Count == 0)
{
    var page = Page.Write(coverage);
    if (write)
        File.WriteAllText(Page.Path, page);
    else if (!File.Exists(Page.Path) || File.ReadAllText(Page.Path) != page)
        problems.Add($"{Page.Path} is stale; ./test --conformance writes it");
}

foreach (var problem in problems)
    Console.WriteLine($"not ok - {problem}");
if (problems.Count > 0)
    return 1;
Console.WriteLine("ok - every statement that binds a server has a test, and the page tells which");
return 0;
