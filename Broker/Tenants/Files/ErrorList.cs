using System.Text;

namespace Starling.Broker.Tenants.Files;

/// <summary>Gathers what is wrong with one text, and turns offsets into lines and columns.</summary>
/// <param name="file">Its name; empty when it is no file, so that lines say nothing.</param>
internal sealed class ErrorList(string file, byte[] utf8)
{
    private readonly List<(int Offset, TenantsFileError Error)> _errors = [];

    public bool IsEmpty => _errors.Count == 0;

    public int Count => _errors.Count;

    /// <summary>In the order of the text.</summary>
    public IReadOnlyList<TenantsFileError> Errors => [.. _errors.OrderBy(error => error.Offset).Select(error => error.Error)];

    public void Add(int offset, string path, string message)
    {
        if (file.Length == 0)
        {
            _errors.Add((offset, new(file, 0, 0, path, message)));
            return;
        }
        var before = utf8.AsSpan(0, Math.Min(offset, utf8.Length));
        var lineStart = before.LastIndexOf((byte)'\n') + 1;
        var line = before.Count((byte)'\n') + 1;
        var column = Encoding.UTF8.GetString(before[lineStart..]).EnumerateRunes().Count() + 1;
        _errors.Add((offset, new(file, line, column, path, message)));
    }

    public void Add(JsonValue value, string message) => Add(value.Offset, value.Path, message);

    /// <param name="line">From 0.</param>
    /// <param name="byteInLine">From 0.</param>
    /// <param name="path">Where in the document, as far as it is known.</param>
    /// <param name="message">What is wrong.</param>
    public void AddAt(long line, long byteInLine, string path, string message)
    {
        var offset = 0;
        for (var i = 0L; i < line; i++)
            offset += utf8.AsSpan(offset).IndexOf((byte)'\n') + 1;
        Add(offset + (int)byteInLine, path, message);
    }
}
