namespace Starling.Architecture.Tests.Assemblies;

/// <summary>
/// Finds namespaces that use each other in a circle. A namespace and one below it are two namespaces: a parent that uses its child and is
/// used by it is a circle too.
/// </summary>
internal static class NamespaceCircles
{
    private const int ExamplesPerArrow = 3;

    /// <summary>One text per circle, with examples of types for each arrow in it; none when there is no circle.</summary>
    /// <param name="prefix">Namespaces that begin otherwise are generated code and are left out.</param>
    public static IReadOnlyList<string> In(IEnumerable<TypeReference> references, string prefix)
    {
        var arrows = references
            .Where(reference => reference.From.Namespace != reference.To.Namespace)
            .Where(reference => Belongs(reference.From) && Belongs(reference.To))
            .ToLookup(reference => (From: reference.From.Namespace, To: reference.To.Namespace));
        var reachable = Reachable(arrows.Select(arrow => arrow.Key));
        return
        [
            .. reachable.Keys
                .Where(name => reachable[name].Contains(name))
                .GroupBy(name => string.Join(", ", reachable[name].Where(other => reachable.GetValueOrDefault(other)?.Contains(name) == true).Order(StringComparer.Ordinal)))
                .OrderBy(circle => circle.Key, StringComparer.Ordinal)
                .Select(circle => Describe(circle.Key, [.. circle], arrows)),
        ];

        bool Belongs(TypeName type) => type.Namespace == prefix || type.Namespace.StartsWith(prefix + ".", StringComparison.Ordinal);
    }

    private static string Describe(string circle, string[] members, ILookup<(string From, string To), TypeReference> arrows) => string.Join(
        Environment.NewLine,
        arrows.Where(arrow => members.Contains(arrow.Key.From) && members.Contains(arrow.Key.To))
            .OrderBy(arrow => arrow.Key)
            .Select(arrow => $"  {arrow.Key.From} -> {arrow.Key.To}: "
                + string.Join(", ", arrow.Take(ExamplesPerArrow).Select(example => $"{example.From.Name} uses {example.To.Name}"))
                + (arrow.Count() > ExamplesPerArrow ? $" and {arrow.Count() - ExamplesPerArrow} more" : ""))
            .Prepend($"Circle: {circle}"));

    /// <summary>What each namespace uses, over others too.</summary>
    private static Dictionary<string, HashSet<string>> Reachable(IEnumerable<(string From, string To)> arrows)
    {
        var direct = arrows.ToLookup(arrow => arrow.From, arrow => arrow.To);
        var reachable = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var start in direct.Select(from => from.Key))
        {
            var found = new HashSet<string>(StringComparer.Ordinal);
            var next = new Stack<string>(direct[start]);
            while (next.TryPop(out var name))
            {
                if (found.Add(name))
                {
                    foreach (var further in direct[name])
                        next.Push(further);
                }
            }

            reachable[start] = found;
        }

        return reachable;
    }
}
