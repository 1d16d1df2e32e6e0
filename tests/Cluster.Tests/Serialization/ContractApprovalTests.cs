using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Starling.Broker.Contracts;
using Starling.Broker.Tenants.Quotas;
using Starling.Cluster.Contracts;
using Starling.Grains.Interfaces;
using Starling.Grains.Interfaces.Calls;

namespace Starling.Cluster.Tests.Serialization;

/// <summary>What goes over the wire between processes changes only on purpose.</summary>
public sealed class ContractApprovalTests
{
    private static readonly Assembly[] Assemblies = [typeof(ISession).Assembly, typeof(IRemoteShard).Assembly, typeof(ISessionGrain).Assembly];

    [Fact]
    public void Contracts_are_the_approved_ones()
    {
        var approved = Path.ChangeExtension(ThisFile(), null) + ".approved.txt";
        var received = Path.Combine(AppContext.BaseDirectory, "contracts.received.txt");
        var contracts = Contracts();
        File.WriteAllText(received, contracts);

        var before = File.Exists(approved) ? File.ReadAllText(approved) : "";
        if (before != contracts)
        {
            Assert.Fail($"""
                The contracts between processes have changed:
                {string.Join('\n', Lines(before).Except(Lines(contracts)).Select(line => "- " + line))}
                {string.Join('\n', Lines(contracts).Except(Lines(before)).Select(line => "+ " + line))}
                Old and new programs run side by side during a rolling upgrade, so:
                * Fields, methods, types and interfaces may be added. A field that an older program does not send is null, zero, false or empty.
                * An alias or an id is never changed, and never used again for something else. A field never changes its type.
                If the change keeps to that, approve it: cp {received} {approved}
                """);
        }
    }

    [Fact]
    public void Everything_that_is_sent_has_an_alias_and_every_field_an_id()
    {
        foreach (var contract in OwnCalls.Interfaces)
        {
            Alias(contract).ShouldNotBeNull(contract.Name);
            foreach (var method in contract.GetMethods())
                Alias(method).ShouldNotBeNull($"{contract.Name}.{method.Name}");
        }

        foreach (var type in Serialized())
        {
            Alias(type).ShouldNotBeNull(type.Name);
            foreach (var field in Members(type))
                field.Id.ShouldNotBeNull($"{type.Name}.{field.Name}");
        }
    }

    private static string Contracts()
    {
        var text = new StringBuilder();
        foreach (var grain in Assemblies[2].GetTypes().Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type)).OrderBy(type => type.Name))
        {
            var contracts = grain.GetInterfaces().Where(OwnCalls.Interfaces.Contains).Select(contract => contract.Name);
            text.Append($"grain interface {grain.Name} '{Alias(grain)}' : {string.Join(", ", contracts)}\n");
        }

        foreach (var contract in OwnCalls.Interfaces.OrderBy(contract => contract.Name))
        {
            text.Append($"\ninterface {contract.Name} '{Alias(contract)}'\n");
            foreach (var method in contract.GetMethods().OrderBy(method => method.Name))
            {
                var parameters = method.GetParameters().Select(parameter => Name(parameter.ParameterType));
                text.Append($"    {method.Name} '{Alias(method)}' ({string.Join(", ", parameters)}) : {Name(method.ReturnType)}\n");
            }
        }

        foreach (var type in Serialized())
        {
            text.Append($"\ntype {type.Name} '{Alias(type)}'\n");
            foreach (var (id, name, memberType) in Members(type).OrderBy(member => member.Id))
                text.Append($"    {id} {name} : {Name(memberType)}\n");
        }

        foreach (var type in new[] { typeof(ShardLane), typeof(ShardReplyKind), typeof(SharedLimit) })
            text.Append($"\nenum {type.Name} : {string.Join(", ", Enum.GetValues(type).Cast<Enum>().Select(value => $"{value} = {value:D}"))}\n");
        return text.ToString();
    }

    /// <summary>With the heading that each is under, so that a line that has moved to another type is a change.</summary>
    private static IEnumerable<string> Lines(string text)
    {
        var heading = "";
        foreach (var line in text.Split('\n').Where(line => line.Length > 0))
        {
            heading = line[0] == ' ' ? heading : line;
            yield return line[0] == ' ' ? $"{heading}: {line.Trim()}" : line;
        }
    }

    private static IEnumerable<Type> Serialized() => Assemblies
        .SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null && !type.IsDefined(typeof(CompilerGeneratedAttribute)) && type.Namespace?.StartsWith("Starling", StringComparison.Ordinal) == true)
        .OrderBy(type => type.Name, StringComparer.Ordinal);

    /// <summary>The parameters of a record, and the fields of a surrogate.</summary>
    private static IEnumerable<(uint? Id, string Name, Type Type)> Members(Type type)
    {
        if (typeof(Exception).IsAssignableFrom(type))
            return [];
        var fields = type.GetFields(BindingFlags.Public | BindingFlags.Instance).Select(field => (field.GetCustomAttribute<IdAttribute>()?.Id, field.Name, field.FieldType));
        var parameters = type.GetConstructors().SelectMany(constructor => constructor.GetParameters())
            .Select(parameter => (parameter.GetCustomAttribute<IdAttribute>()?.Id, parameter.Name!, parameter.ParameterType));
        return [.. fields, .. parameters];
    }

    private static string? Alias(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias;

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Name(value) + "?";
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        return type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
            : type.Name;
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
