using System.Collections;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;
using Starling.Broker.Messages;

namespace Starling.Cluster.Tests.Serialization;

/// <summary>A value as text, with everything in it: two values with the same text are the same for whoever gets them.</summary>
internal static class Description
{
    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        Message message => $"{Convert.ToHexString(MessageFrame.Encode(message))}",
        Exception error => $"{error.GetType().Name}: {error.Message}{Properties(error, declaredOnly: true)}",
        TimeSpan or Guid or IPAddress or Enum => value.ToString()!,
        IFormattable number when value.GetType().IsPrimitive => number.ToString(null, CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Of))}]",
        _ => value.GetType().Name + Properties(value, declaredOnly: false),
    };

    private static string Properties(object value, bool declaredOnly)
    {
        var text = new StringBuilder(" {");
        var flags = BindingFlags.Public | BindingFlags.Instance | (declaredOnly ? BindingFlags.DeclaredOnly : 0);
        foreach (var property in value.GetType().GetProperties(flags).Where(property => property.GetIndexParameters().Length == 0))
            text.Append(CultureInfo.InvariantCulture, $" {property.Name} = {Of(property.GetValue(value))}");
        return text.Append(" }").ToString();
    }
}
