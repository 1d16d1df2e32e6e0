using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Starling.Architecture.Tests.Assemblies;

/// <summary>Collects the types of the same assembly that one type uses.</summary>
/// <param name="byName">The assembly's types by the name that attributes write.</param>
internal sealed class TypeUses(PEReader file, MetadataReader metadata, IReadOnlyDictionary<string, TypeDefinitionHandle> byName)
{
    private readonly HashSet<TypeDefinitionHandle> _found = [];

    public IReadOnlySet<TypeDefinitionHandle> Of(TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        Add(type.BaseType);
        foreach (var implementation in type.GetInterfaceImplementations())
            Add(metadata.GetInterfaceImplementation(implementation).Interface);
        AddGenericParameters(type.GetGenericParameters());
        AddAttributes(type.GetCustomAttributes());
        foreach (var field in type.GetFields().Select(metadata.GetFieldDefinition))
        {
            field.DecodeSignature(Collector, null);
            AddAttributes(field.GetCustomAttributes());
        }

        foreach (var property in type.GetProperties().Select(metadata.GetPropertyDefinition))
        {
            property.DecodeSignature(Collector, null);
            AddAttributes(property.GetCustomAttributes());
        }

        foreach (var @event in type.GetEvents().Select(metadata.GetEventDefinition))
        {
            Add(@event.Type);
            AddAttributes(@event.GetCustomAttributes());
        }

        foreach (var method in type.GetMethods().Select(metadata.GetMethodDefinition))
            AddMethod(method);
        return _found;
    }

    private SignatureCollector Collector => new(_found);

    private void AddMethod(MethodDefinition method)
    {
        method.DecodeSignature(Collector, null);
        AddAttributes(method.GetCustomAttributes());
        AddGenericParameters(method.GetGenericParameters());
        foreach (var parameter in method.GetParameters())
            AddAttributes(metadata.GetParameter(parameter).GetCustomAttributes());
        if (method.RelativeVirtualAddress == 0)
            return;
        var body = file.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
            metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(Collector, null);
        foreach (var region in body.ExceptionRegions)
            Add(region.CatchType);
        foreach (var token in MethodBodyTokens.In(body.GetILReader()))
            Add(token);
    }

    private void Add(EntityHandle handle)
    {
        if (handle.IsNil)
            return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                _found.Add((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(Collector, null);
                break;
            case HandleKind.MethodDefinition:
                _found.Add(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                _found.Add(metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MethodSpecification:
                var method = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Add(method.Method);
                method.DecodeSignature(Collector, null);
                break;
            case HandleKind.MemberReference:
                AddMember(metadata.GetMemberReference((MemberReferenceHandle)handle));
                break;
            case HandleKind.StandaloneSignature:
                metadata.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeMethodSignature(Collector, null);
                break;
        }
    }

    private void AddMember(MemberReference member)
    {
        Add(member.Parent);
        if (member.GetKind() == MemberReferenceKind.Method)
            member.DecodeMethodSignature(Collector, null);
        else
            member.DecodeFieldSignature(Collector, null);
    }

    private void AddGenericParameters(GenericParameterHandleCollection parameters)
    {
        foreach (var parameter in parameters.Select(metadata.GetGenericParameter))
        {
            AddAttributes(parameter.GetCustomAttributes());
            foreach (var constraint in parameter.GetConstraints())
                Add(metadata.GetGenericParameterConstraint(constraint).Type);
        }
    }

    /// <summary>An attribute's own type, and the types that its arguments name.</summary>
    private void AddAttributes(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes.Select(metadata.GetCustomAttribute))
        {
            Add(attribute.Constructor);
            var value = attribute.DecodeValue(new AttributeTypes());
            AddArguments([.. value.FixedArguments, .. value.NamedArguments.Select(named => new CustomAttributeTypedArgument<string>(named.Type, named.Value))]);
        }
    }

    private void AddArguments(IEnumerable<CustomAttributeTypedArgument<string>> arguments)
    {
        foreach (var argument in arguments)
        {
            if (argument.Value is ImmutableArray<CustomAttributeTypedArgument<string>> elements)
                AddArguments(elements);
            else if (argument is { Type: AttributeTypes.SystemType, Value: string name } && byName.TryGetValue(name.Split(',')[0], out var named))
                _found.Add(named);
        }
    }
}
