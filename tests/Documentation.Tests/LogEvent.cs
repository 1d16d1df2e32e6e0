using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Starling.Documentation.Tests;

/// <summary>An event that the product can log.</summary>
/// <param name="Assembly">The assembly that logs it, such as <c>Starling.Edge</c>.</param>
/// <param name="Name">Outermost class and method, such as <c>EdgeHost.LogListening</c>. Unique within the assembly.</param>
/// <param name="Level">How important it is.</param>
/// <param name="Message">The message template.</param>
internal sealed record LogEvent(string Assembly, string Name, LogLevel Level, string Message)
{
    private const BindingFlags All =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Whether an operator has to know what it means and what to do.</summary>
    public bool NeedsMeaning => Level >= LogLevel.Warning;

    /// <summary>All events of the product's assemblies, which lie beside this test, in the order of the page.</summary>
    public static IReadOnlyList<LogEvent> OfTheProduct() =>
    [
        .. Directory.GetFiles(AppContext.BaseDirectory, "*.dll")
            .Where(file => IsProduct(Path.GetFileNameWithoutExtension(file)))
            .SelectMany(file => Of(System.Reflection.Assembly.LoadFrom(file)))
            .OrderBy(found => found.Assembly, StringComparer.Ordinal).ThenBy(found => found.Name, StringComparer.Ordinal),
    ];

    public static IEnumerable<LogEvent> Of(Assembly assembly) =>
        from type in assembly.GetTypes()
        from method in type.GetMethods(All)
        let attribute = method.GetCustomAttribute<LoggerMessageAttribute>()
        where attribute is not null
        select new LogEvent(assembly.GetName().Name!, $"{Outermost(type).Name.Split('`')[0]}.{method.Name}", attribute.Level, attribute.Message);

    private static bool IsProduct(string assembly) =>
        assembly.StartsWith("Starling.", StringComparison.OrdinalIgnoreCase)
        && !assembly.EndsWith(".Tests", StringComparison.Ordinal)
        && assembly != "Starling.Testing";

    private static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type;
    }
}
