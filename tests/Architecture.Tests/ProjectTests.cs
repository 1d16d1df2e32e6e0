using Starling.Architecture.Tests.Assemblies;
using Starling.Architecture.Tests.Sources;

namespace Starling.Architecture.Tests;

/// <summary>Holds the projects of the program against the rules; <see cref="Planted.PlantedTests"/> shows that each rule can fail.</summary>
public class ProjectTests
{
    public static TheoryData<string> Projects => [.. Repository.Projects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_do_not_use_each_other_in_a_circle(string project)
    {
        using var assembly = AssemblyReader.Open(Repository.AssemblyOf(project));
        var references = assembly.TypeReferences();
        references.ShouldNotBeEmpty();
        NamespaceCircles.In(references, $"Starling.{project}").ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Projects_use_only_those_below_them(string project)
    {
        using var assembly = AssemblyReader.Open(Repository.AssemblyOf(project));
        ProjectArrows.Forbidden(project, assembly.AssemblyReferences()).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_type_is_larger_than_what_one_can_keep_in_mind(string project) =>
        TypeSizes.TooLarge(Repository.SourcesOf(project)).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Projects))]
    public void Nothing_is_left_unfinished(string project) =>
        UnfinishedPlaces.In(Repository.SourcesOf(project)).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_timer_or_thread_runs_without_a_net(string project) =>
        BareTimers.In(Repository.SourcesOf(project)).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Projects))]
    public void What_clients_have_chosen_is_not_logged_in_full_length(string project) =>
        LoggedTexts.InFullLength(Repository.SourcesOf(project)).ShouldBeEmpty();

    [Fact]
    public void Every_project_of_the_solution_is_looked_at()
    {
        var inSolution = File.ReadLines(Path.Combine(Repository.Root, "Cluster.sln"))
            .Where(line => line.StartsWith("Project(", StringComparison.Ordinal) && line.Contains(".csproj", StringComparison.Ordinal))
            .Select(line => line.Split('"')[5].Replace('\\', '/'))
            .Where(path => path.Split('/')[0] is not ("tests" or "bench" or "samples"))
            .Select(path => Path.GetFileNameWithoutExtension(path)!);
        inSolution.ShouldBe(Repository.Projects, ignoreOrder: true);
    }
}
