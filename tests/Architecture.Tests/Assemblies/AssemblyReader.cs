using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Starling.Architecture.Tests.Assemblies;

/// <summary>
/// Reads from a built assembly which of its types use which others: base types and interfaces, fields, signatures, generic arguments and
/// constraints, attributes, local variables, caught exceptions and every member that a method body names. Constants, enum members and
/// <c>nameof</c> leave no trace in a method body.
/// </summary>
internal sealed class AssemblyReader : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _metadata;
    private readonly Dictionary<TypeDefinitionHandle, TypeName> _names = [];
    private readonly Dictionary<string, TypeDefinitionHandle> _byName = new(StringComparer.Ordinal);

    /// <param name="assembly">Owned from here on.</param>
    public AssemblyReader(Stream assembly)
    {
        _file = new PEReader(assembly);
        _metadata = _file.GetMetadataReader();
        foreach (var handle in _metadata.TypeDefinitions)
        {
            _names.Add(handle, NameOf(handle));
            _byName[SerializedNameOf(handle)] = handle;
        }
    }

    public static AssemblyReader Open(string path) => new(File.OpenRead(path));

    /// <summary>Simple names of the assemblies that the code uses.</summary>
    public IEnumerable<string> AssemblyReferences() =>
        _metadata.AssemblyReferences.Select(handle => _metadata.GetString(_metadata.GetAssemblyReference(handle).Name));

    /// <summary>Each pair once. A type in no namespace, such as the compiler's helpers, belongs to nobody and is left out.</summary>
    public IReadOnlySet<TypeReference> TypeReferences()
    {
        var found = new HashSet<TypeReference>();
        foreach (var handle in _metadata.TypeDefinitions)
        {
            var from = _names[handle];
            foreach (var used in new TypeUses(_file, _metadata, _byName).Of(handle))
            {
                var to = _names[used];
                if (from != to && from.Namespace.Length > 0 && to.Namespace.Length > 0)
                    found.Add(new TypeReference(from, to));
            }
        }

        return found;
    }

    public void Dispose() => _file.Dispose();

    private TypeName NameOf(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil)
            type = _metadata.GetTypeDefinition(type.GetDeclaringType());
        return new TypeName(_metadata.GetString(type.Namespace), _metadata.GetString(type.Name));
    }

    /// <summary>As attributes write it: nested types follow a plus sign.</summary>
    private string SerializedNameOf(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        var name = _metadata.GetString(type.Name);
        if (!type.GetDeclaringType().IsNil)
            return $"{SerializedNameOf(type.GetDeclaringType())}+{name}";
        return type.Namespace.IsNil ? name : $"{_metadata.GetString(type.Namespace)}.{name}";
    }
}
