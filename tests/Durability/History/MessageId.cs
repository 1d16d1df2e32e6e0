using System.Globalization;

namespace Starling.Durability.History;

/// <param name="Publisher">Which client published it.</param>
/// <param name="Number">Counts up by one for each message of the publisher, whatever its topic.</param>
internal readonly record struct MessageId(ushort Publisher, uint Number)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Publisher}:{Number}");
}
