using System.Globalization;
using System.Text;

namespace Starling.LoadGenerator.Page;

/// <summary>Lines over a logarithmic axis, as SVG. The vertical axis begins at 0.</summary>
internal sealed record Plot(string Title, string X, string Y)
{
    private const double Width = 640;
    private const double Height = 360;
    private const double Left = 70;
    private const double Bottom = 50;
    private const double Top = 40;
    private const double Right = 20;

    private static readonly double[] Steps = [1, 2, 4, 8, 10];
    private static readonly string[] Colors = ["#1f6feb", "#d1242f", "#1a7f37", "#9a6700"];

    public List<(string Name, IReadOnlyList<(double X, double Y)> Points)> Lines { get; } = [];

    public string ToSvg()
    {
        var points = Lines.SelectMany(line => line.Points).ToList();
        var (least, most) = (Math.Log10(Math.Max(1, points.Min(p => p.X))), Math.Log10(Math.Max(10, points.Max(p => p.X))));
        var highest = Nice(points.Max(p => p.Y));
        var svg = new StringBuilder();
        Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\">");
        Line($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>");
        Line($"<text x=\"{Width / 2}\" y=\"22\" text-anchor=\"middle\" font-size=\"14\">{Title}</text>");
        for (var step = 0; step <= 4; step++)
        {
            var value = highest * step / 4;
            Line($"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{AtY(value):0.#}\" y2=\"{AtY(value):0.#}\" stroke=\"#ddd\"/>");
            Line($"<text x=\"{Left - 8}\" y=\"{AtY(value) + 4:0.#}\" text-anchor=\"end\">{value:0.###}</text>");
        }

        for (var power = Math.Floor(least); power <= Math.Ceiling(most); power++)
        {
            if (power >= least && power <= most)
                Line($"<text x=\"{AtX(Math.Pow(10, power)):0.#}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{Math.Pow(10, power):N0}</text>");
        }

        Line($"<text x=\"{Width / 2}\" y=\"{Height - 10}\" text-anchor=\"middle\">{X}</text>");
        Line($"<text transform=\"translate(16 {Height / 2}) rotate(-90)\" text-anchor=\"middle\">{Y}</text>");
        foreach (var (index, (name, line)) in Lines.Index())
        {
            var color = Colors[index % Colors.Length];
            var path = string.Join(' ', line.Select(p => string.Create(CultureInfo.InvariantCulture, $"{AtX(p.X):0.#},{AtY(p.Y):0.#}")));
            Line($"<polyline points=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>");
            foreach (var p in line)
                Line($"<circle cx=\"{AtX(p.X):0.#}\" cy=\"{AtY(p.Y):0.#}\" r=\"3.5\" fill=\"{color}\"/>");
            Line($"<text x=\"{Left + 12}\" y=\"{Top + 8 + (16 * index)}\" fill=\"{color}\">{name}</text>");
        }

        return svg.Append("</svg>\n").ToString();

        void Line(FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
        double AtX(double x) => Left + ((Math.Log10(Math.Max(1, x)) - least) / Math.Max(0.001, most - least) * (Width - Left - Right));
        double AtY(double y) => Height - Bottom - (y / highest * (Height - Bottom - Top));
    }

    /// <summary>The next number above of 1, 2, 4 or 8 times a power of ten.</summary>
    private static double Nice(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(value, 1e-9))));
        return Steps.First(factor => factor * power >= value) * power;
    }
}
