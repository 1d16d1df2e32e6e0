using System.Reflection.Metadata;

namespace Starling.Architecture.Tests.Assemblies;

/// <summary>Types of attribute arguments, as text. Enums of other assemblies are taken for 32 bits wide, as they nearly all are.</summary>
internal sealed class AttributeTypes : ICustomAttributeTypeProvider<string>
{
    public const string SystemType = "System.Type";

    public string GetSystemType() => SystemType;

    public bool IsSystemType(string type) => type == SystemType;

    public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

    public string GetSZArrayType(string elementType) => elementType + "[]";

    public string GetTypeFromSerializedName(string name) => name;

    /// <summary>Almost every enum is an <c>int</c>. Others are named here: the metadata of their assemblies is not read.</summary>
    public PrimitiveTypeCode GetUnderlyingEnumType(string type) =>
        type == "OpenTelemetry.Metrics.ExportModes" ? PrimitiveTypeCode.Byte : PrimitiveTypeCode.Int32;

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        var type = reader.GetTypeDefinition(handle);
        return $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
    }

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
    {
        var type = reader.GetTypeReference(handle);
        return $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
    }
}
