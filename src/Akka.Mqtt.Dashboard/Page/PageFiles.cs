using System.Reflection;

namespace Akka.Mqtt.Dashboard.Page;

/// <summary>The page, embedded in this assembly: one HTML file, one style sheet, one script. Nothing is loaded from elsewhere.</summary>
internal static class PageFiles
{
    /// <summary>Everything is loaded from this server, and nothing is written into the page itself, so that no injected script or style runs.</summary>
    public const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static IReadOnlyList<(string Path, string Type, byte[] Bytes)> All { get; } =
    [
        ("", "text/html; charset=utf-8", Read("dashboard.html")),
        ("dashboard.css", "text/css; charset=utf-8", Read("dashboard.css")),
        ("dashboard.js", "text/javascript; charset=utf-8", Read("dashboard.js")),
    ];

    private static byte[] Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
