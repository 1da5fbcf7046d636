using Akka.Actor;
using Akka.Serialization;

namespace Akka.Mqtt;

/// <summary>
/// What earlier versions wrote stays readable: one file a message and version of the format, the manifest in its first line and the bytes in
/// hexadecimal below. A file is never changed or removed. With the environment variable <c>AKKA_MQTT_WRITE_SAMPLES=1</c> missing ones are
/// written, of the present version.
/// </summary>
/// <param name="folder">The folder of the source, so that missing samples are written where they belong.</param>
/// <param name="present">The folder of the version that is written today.</param>
/// <param name="meanings">What the samples mean. The name is that of the file.</param>
internal sealed class WireSamples(string folder, string present, IReadOnlyDictionary<string, object> meanings)
{
    /// <summary>Each file, of whatever version, is read and means what it meant.</summary>
    public void AssertRead(ActorSystem system, int serializer)
    {
        var files = Directory.GetFiles(folder, "*.hex", SearchOption.AllDirectories);
        Xunit.Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var lines = File.ReadAllLines(file);
            var read = system.Serialization.Deserialize(Convert.FromHexString(string.Concat(lines[1..])), serializer, lines[0]);
            Xunit.Assert.Equal(meanings[Path.GetFileNameWithoutExtension(file)], read);
        }
    }

    /// <summary>Each message has a file of the present version, and is written as it is there: a form does not change without a new version.</summary>
    public void AssertWritten(SerializerWithStringManifest serializer)
    {
        foreach (var (name, message) in meanings)
        {
            var manifest = serializer.Manifest(message);
            var hex = Convert.ToHexStringLower(serializer.ToBinary(message));
            var file = Path.Combine(folder, present, $"{name}.hex");
            if (!File.Exists(file) && Environment.GetEnvironmentVariable("AKKA_MQTT_WRITE_SAMPLES") == "1")
            {
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                File.WriteAllText(file, $"{manifest}\n{string.Join('\n', hex.Chunk(120).Select(line => new string(line)))}\n");
            }

            Xunit.Assert.True(File.Exists(file), $"{file} is missing. AKKA_MQTT_WRITE_SAMPLES=1 writes it.");
            var lines = File.ReadAllLines(file);
            Xunit.Assert.Equal(manifest, lines[0]);
            Xunit.Assert.True(hex == string.Concat(lines[1..]), $"{name} is not written as in {file}: a changed form needs a new version.");
        }
    }
}
