namespace Starling.Conformance;

/// <summary>Which tests show which statement.</summary>
/// <param name="Tests">By the id of the statement.</param>
/// <param name="NotBinding">Why a statement has no test, by its id.</param>
internal sealed record Coverage(ILookup<string, ShowingTest> Tests, IReadOnlyDictionary<string, string> NotBinding)
{
    public static Coverage Of(IEnumerable<ShowingTest> tests) => new(
        tests.OrderBy(test => test.Source, StringComparer.Ordinal)
            .ThenBy(test => test.Method, StringComparer.Ordinal)
            .SelectMany(test => test.Statements, (test, id) => (test, id))
            .ToLookup(pair => pair.id, pair => pair.test),
        Statement.ReadNotBinding());

    /// <summary>What keeps the page from being written, a line each.</summary>
    public IEnumerable<string> Problems()
    {
        var statements = Specification.All.SelectMany(specification => specification.Statements).ToArray();
        var known = statements.Select(statement => statement.Id).ToHashSet();
        foreach (var statement in statements.Where(statement => !Tests.Contains(statement.Id) && !NotBinding.ContainsKey(statement.Id)))
            yield return $"{statement.Id} has no test: {statement.Text}";
        foreach (var id in NotBinding.Keys.Where(Tests.Contains))
            yield return $"{id} is said not to bind a server, and {Tests[id].First().Method} shows it";
        foreach (var id in NotBinding.Keys.Where(id => !known.Contains(id)))
            yield return $"{id}, said not to bind a server, is no statement";
        foreach (var unknown in Tests.Where(tests => !known.Contains(tests.Key)))
            yield return $"{unknown.Key}, named by {unknown.First().Method}, is no statement";
        foreach (var source in Tests.SelectMany(tests => tests).Select(test => test.Source).Distinct().Where(source => !File.Exists(source)))
            yield return $"a test that names a statement is in a class that is not in {source}";
    }
}
