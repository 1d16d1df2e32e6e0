namespace Starling.Architecture.Tests.Assemblies;

/// <summary>One type of an assembly uses another one of the same assembly.</summary>
/// <param name="From">Full name; nested and compiler-generated types count as the type that they are declared in.</param>
/// <param name="To">Likewise.</param>
internal sealed record TypeReference(TypeName From, TypeName To);

internal sealed record TypeName(string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}.{Name}";
}
