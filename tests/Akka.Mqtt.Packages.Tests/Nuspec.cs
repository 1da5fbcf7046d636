using System.Xml.Linq;

namespace Akka.Mqtt.Packages.Tests;

/// <summary>What a package says about itself.</summary>
public sealed class Nuspec(XElement root)
{
    /// <summary>The text of an element of its metadata; null if there is none.</summary>
    public string? Value(string name) => Element(name)?.Value;

    public XElement? Element(string name) => root.Descendants().FirstOrDefault(each => each.Name.LocalName == name);

    /// <summary>The packages that it needs.</summary>
    public string[] Dependencies => [.. root.Descendants().Where(each => each.Name.LocalName == "dependency").Select(each => each.Attribute("id")!.Value).Order(StringComparer.Ordinal)];
}
