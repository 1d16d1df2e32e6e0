using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Starling.Hosting.Configuration;

/// <summary>The settings that exist, as the options types have them; paths have <c>[]</c> where a list has an index.</summary>
/// <param name="root">The options of a program. Groups are of its namespace or of this one.</param>
internal sealed partial class SettingSchema(Type root)
{
    /// <summary>Every setting that holds a value, or a list or group that may be null.</summary>
    public IEnumerable<(string Path, PropertyInfo Property)> All(Type? type = null, string prefix = "")
    {
        foreach (var property in Properties(type ?? root))
        {
            var path = prefix + NameOf(property);
            var element = ElementType(property.PropertyType);
            yield return (path, property);
            if (IsGroup(element ?? property.PropertyType))
            {
                foreach (var inner in All(element ?? property.PropertyType, path + (element is null ? "." : "[].")))
                    yield return inner;
            }
        }
    }

    /// <summary>The property that a path such as <c>listeners[0].port</c> leads to; null when there is none.</summary>
    public PropertyInfo? Find(string path)
    {
        var pattern = Index().Replace(path, "[]");
        var isElement = pattern.EndsWith("[]", StringComparison.Ordinal);
        var found = All().FirstOrDefault(setting => setting.Path == (isElement ? pattern[..^2] : pattern));
        return found.Property;
    }

    /// <summary>The names of the settings of one group.</summary>
    public IEnumerable<string> NamesIn(string path)
    {
        var type = path.Length == 0 ? root : Find(path)?.PropertyType;
        type = type is null ? null : ElementType(type) ?? type;
        return type is not null && IsGroup(type) ? Properties(type).Select(NameOf) : [];
    }

    /// <summary>What a value must look like, in words.</summary>
    public static string Expected(PropertyInfo property, bool element)
    {
        var type = property.PropertyType;
        if (!element && ElementType(type) is not null)
            return "a list [ ... ]";
        type = ElementType(type) ?? Nullable.GetUnderlyingType(type) ?? type;
        if (property.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType == typeof(ByteSizeConverter))
            return ByteSizeConverter.Expected;
        if (type == typeof(TimeSpan))
            return DurationConverter.Expected;
        if (type.IsEnum)
        {
            var values = Enum.GetValuesAsUnderlyingType(type).Cast<object>().Select(value => Enum.ToObject(type, value));
            return "one of " + string.Join(", ", values.Select(value => JsonSerializer.Serialize(value, type, SettingJson.Options)));
        }
        if (type == typeof(bool))
            return "true or false";
        if (type == typeof(double))
            return "a number";
        return type == typeof(string) ? "a text in quotes" : type == typeof(int) ? "a whole number" : "a group { ... }";
    }

    /// <summary>Whether the setting, or one inside of it, is a secret: what was given there is not shown, not even when it is in the wrong place.</summary>
    public bool HoldsSecret(string path)
    {
        var pattern = Index().Replace(path, "[]");
        return All().Any(setting => setting.Path.StartsWith(pattern, StringComparison.Ordinal)
            && (setting.Property.Name.EndsWith("Password", StringComparison.Ordinal)
                || setting.Property.Name is nameof(StorageOptions.ConnectionString) or nameof(OtlpOptions.Headers))
            && setting.Path.AsSpan(pattern.Length) is [] or ['.' or '[', ..]);
    }

    public bool IsGroup(Type type) => type.IsClass && (type.Namespace == root.Namespace || type.Namespace == typeof(SettingSchema).Namespace);

    public static Type? ElementType(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    public static string NameOf(PropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null);

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Index();
}
