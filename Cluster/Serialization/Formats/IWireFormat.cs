namespace Starling.Cluster.Serialization.Formats;

/// <summary>How the values of one type are written as fields.</summary>
internal interface IWireFormat
{
    Type Type { get; }

    void Write(WireWriter writer, object value);

    /// <summary>Reads up to the end of the group.</summary>
    object Read(ref WireReader reader);
}

internal delegate void WireWrite<T>(WireWriter writer, T value);

internal delegate T WireRead<T>(ref WireReader reader);

internal sealed class WireFormat<T>(WireWrite<T> write, WireRead<T> read) : IWireFormat
    where T : notnull
{
    public Type Type => typeof(T);

    public void Write(WireWriter writer, object value) => write(writer, (T)value);

    public object Read(ref WireReader reader) => read(ref reader);
}
