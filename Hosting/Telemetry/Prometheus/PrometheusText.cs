using System.Buffers;
using System.Globalization;
using System.Text;

namespace Starling.Hosting.Telemetry.Prometheus;

/// <summary>Writes the Prometheus text exposition format, version 0.0.4.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The longest label value that is written, in characters; what is longer is cut.</summary>
    private const int MaximumLabelLength = 256;

    private static readonly SearchValues<char> Escaped = SearchValues.Create("\\\n\"");

    /// <summary>The two lines before the samples of a family.</summary>
    /// <param name="text">Written to.</param>
    /// <param name="name">Of the family.</param>
    /// <param name="type"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
    /// <param name="help">Left out when it is empty.</param>
    public static void Header(ArrayBufferWriter<byte> text, string name, string type, string? help)
    {
        if (!string.IsNullOrEmpty(help))
        {
            text.Write("# HELP "u8);
            Verbatim(text, name);
            text.Write(" "u8);
            Escape(text, help, quotes: false);
            text.Write("\n"u8);
        }

        text.Write("# TYPE "u8);
        Verbatim(text, name);
        text.Write(" "u8);
        Verbatim(text, type);
        text.Write("\n"u8);
    }

    /// <param name="text">Written to.</param>
    /// <param name="name">With the suffix of a histogram's sample.</param>
    /// <param name="labels">As <see cref="Label"/> writes them; empty for none.</param>
    /// <param name="value">A number.</param>
    public static void Sample(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> name, ReadOnlySpan<byte> labels, double value)
    {
        Series(text, name, labels);
        if (double.IsFinite(value))
            Number(text, value);
        else
            text.Write(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "+Inf"u8 : "-Inf"u8);
        text.Write("\n"u8);
    }

    /// <inheritdoc cref="Sample(ArrayBufferWriter{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte}, double)"/>
    public static void Sample(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> name, ReadOnlySpan<byte> labels, long value)
    {
        Series(text, name, labels);
        Number(text, value);
        text.Write("\n"u8);
    }

    /// <summary>Adds <c>name="value"</c>, with a comma when it is not the first one.</summary>
    /// <param name="labels">Written to.</param>
    /// <param name="name">A tag's.</param>
    /// <param name="value">A tag's.</param>
    public static void Label(ArrayBufferWriter<byte> labels, string name, object? value)
    {
        if (labels.WrittenCount > 0)
            labels.Write(","u8);
        foreach (var c in name)
            labels.Write([char.IsAsciiLetterOrDigit(c) ? (byte)c : (byte)'_']);
        labels.Write("=\""u8);
        var text = value is bool flag ? (flag ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        Escape(labels, text.Length > MaximumLabelLength ? text.AsSpan(0, MaximumLabelLength) : text, quotes: true);
        labels.Write("\""u8);
    }

    private static void Series(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> name, ReadOnlySpan<byte> labels)
    {
        text.Write(name);
        if (labels.Length > 0)
        {
            text.Write("{"u8);
            text.Write(labels);
            text.Write("}"u8);
        }

        text.Write(" "u8);
    }

    private static void Number<T>(ArrayBufferWriter<byte> text, T value) where T : IUtf8SpanFormattable
    {
        value.TryFormat(text.GetSpan(32), out var written, default, CultureInfo.InvariantCulture);
        text.Advance(written);
    }

    private static void Escape(ArrayBufferWriter<byte> text, ReadOnlySpan<char> value, bool quotes)
    {
        for (var at = value.IndexOfAny(Escaped); at >= 0; at = value.IndexOfAny(Escaped))
        {
            Verbatim(text, value[..at]);
            text.Write(value[at] switch { '\\' => "\\\\"u8, '\n' => "\\n"u8, _ => quotes ? "\\\""u8 : "\""u8 });
            value = value[(at + 1)..];
        }

        Verbatim(text, value);
    }

    private static void Verbatim(ArrayBufferWriter<byte> text, ReadOnlySpan<char> value) =>
        text.Advance(Encoding.UTF8.GetBytes(value, text.GetSpan(Encoding.UTF8.GetMaxByteCount(value.Length))));
}
