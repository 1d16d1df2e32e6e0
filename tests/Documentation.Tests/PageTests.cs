using System.Text.RegularExpressions;

namespace Starling.Documentation.Tests;

public partial class PageTests
{
    /// <summary>Pages that describe the code as it is. Decision records describe what was, too.</summary>
    private static readonly string[] AboutTheCode = ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md", "docs/known-limits.md", "docs/locks.md"];

    private static readonly Lazy<HashSet<string>> NamesInTheCode = new(() =>
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Identifier().Matches(File.ReadAllText(file)).Select(match => match.Value)),
    ]);

    public static TheoryData<string> AllPages() => new(Pages.All);

    public static TheoryData<string> PagesAboutTheCode() => new(AboutTheCode);

    [Theory]
    [MemberData(nameof(AllPages))]
    public void Every_link_within_the_repository_leads_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(page)!;
        foreach (var link in Pages.Links(page).Where(link => !link.Contains("://", StringComparison.Ordinal)))
        {
            var parts = link.Split('#');
            var target = parts[0].Length == 0 ? page : Path.GetRelativePath(Repository.Root, Repository.PathOf(Path.Combine(folder, parts[0])));
            Path.Exists(Repository.PathOf(target)).ShouldBeTrue($"{page} links to {link}");
            if (parts.Length > 1 && target.EndsWith(".md", StringComparison.Ordinal))
                Pages.Anchors(target).ShouldContain(parts[1], $"{page} links to {link}");
        }
    }

    [Theory]
    [MemberData(nameof(PagesAboutTheCode))]
    public void Every_name_of_code_exists(string page) =>
        Pages.Names(page).Where(name => !NamesInTheCode.Value.Contains(name)).ShouldBeEmpty($"{page} names what is not in the code");

    [Fact]
    public void Links_names_and_headings_are_found_in_pages()
    {
        Pages.All.ShouldContain("samples/PythonDevice/README.md");
        Pages.Links("README.md").ShouldContain("docs/tenants.md");
        Pages.Names("docs/glossary.md").ShouldContain("StopAndWaitSender");
        Pages.Names("docs/glossary.md").Count().ShouldBeGreaterThan(50);
        Pages.Anchors("docs/configuration.md").ShouldContain("settings-of-a-silo");
        Path.Exists(Repository.PathOf("docs/no-such-page.md")).ShouldBeFalse();
        NamesInTheCode.Value.ShouldNotContain(string.Concat("NoSuch", "Type"));
    }

    [Fact]
    public void The_architecture_is_a_page_that_a_newcomer_reads() =>
        new FileInfo(Repository.PathOf("ARCHITECTURE.md")).Length.ShouldBeLessThan(12 * 1024);

    [Fact]
    public void Every_decision_record_is_in_the_index()
    {
        var records = Directory.GetFiles(Repository.PathOf("docs/adr"), "0*.md").Select(Path.GetFileName);

        Pages.Links("docs/adr/README.md").ShouldBe(records, ignoreOrder: true);
    }

    [GeneratedRegex(@"\b[A-Z]\w+\b")]
    private static partial Regex Identifier();
}
