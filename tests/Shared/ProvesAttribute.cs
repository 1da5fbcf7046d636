namespace Akka.Mqtt;

/// <summary>
/// Names the statements of a standard that a test proves; <c>docs/conformance.md</c> is generated from it. One class of tests a version,
/// or one test with an attribute for each.
/// </summary>
/// <param name="version">The version: 3.1, 3.1.1 or 5.0.</param>
/// <param name="ids">The statements, such as MQTT-3.1.2-24.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class ProvesAttribute(string version, params string[] ids) : Attribute
{
    public string Version { get; } = version;

    public IReadOnlyList<string> Ids { get; } = ids;
}
