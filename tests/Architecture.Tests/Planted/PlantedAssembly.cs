using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Starling.Architecture.Tests.Assemblies;

namespace Starling.Architecture.Tests.Planted;

/// <summary>Compiles sources that break a rule on purpose.</summary>
internal static class PlantedAssembly
{
    private static readonly MetadataReference[] Framework =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static AssemblyReader Compile(string source) => Compile("Planted", source);

    /// <param name="references">Assemblies that the source uses.</param>
    public static AssemblyReader Compile(string name, string source, params MetadataReference[] references) =>
        new(new MemoryStream(Emit(name, source, references)));

    public static byte[] Emit(string name, string source, params MetadataReference[] references)
    {
        var compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(source)],
            [.. Framework, .. references],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release));
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly);
        result.Success.ShouldBeTrue(string.Join(Environment.NewLine, result.Diagnostics));
        return assembly.ToArray();
    }
}
