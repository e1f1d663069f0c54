import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { carry } from "./carry.ts";
import { emptyFrame, type FrameSink, longestFrame } from "./frame.ts";
import { linkLayers, readLinks, unreadLink } from "./link-layers.ts";
import { fileHeader, type PcapLayout, pcapLayout } from "./pcap-layout.ts";
import { type ByteReader, SourceError, type Tally } from "./source.ts";
import { cutShort } from "./truncated.ts";

/** Reads a classic pcap file (draft-ietf-opsawg-pcap): microseconds or nanoseconds, either byte order. */
export function pcapReader(sink: FrameSink, tally: Tally): ByteReader {
  const frame = emptyFrame();
  let layout: PcapLayout | undefined;
  let packets = 0;

  const carried = carry((bytes, view, base) => {
    let at = 0;
    if (layout === undefined) {
      if (bytes.length < fileHeader) return 0;
      layout = pcapLayout(view);
      frame.littleEndian = layout.little;
      // The upper half of the word holds the length of the frame check sequence, not the link type.
      frame.linkType = view.getUint32(20, layout.little) & 0xffff;
      if (!linkLayers.has(frame.linkType)) {
        throw new SourceError(`its packets have ${unreadLink(frame.linkType).reason}: ${readLinks}`);
      }
      at = fileHeader;
    }
    const { little, ticks, header } = layout;
    frame.bytes = bytes;
    while (at + header <= bytes.length) {
      const captured = view.getUint32(at + 8, little);
      if (captured > longestFrame) {
        throw new SourceError(
          `packet ${packets + 1} at byte ${base + at} claims ${captured} captured bytes (the most is ${longestFrame}): ` +
            "the file is damaged from here on; keep what stands before with `editcap -r IN OUT " +
            `1-${packets}\``,
        );
      }
      const start = at + header;
      if (start + captured > bytes.length) break;
      packets += 1;
      frame.number = packets;
      frame.place = base + at;
      frame.start = start;
      frame.end = start + captured;
      frame.wireLength = view.getUint32(at + 12, little);
      frame.time = view.getUint32(at, little) + view.getUint32(at + 4, little) / ticks;
      sink(frame);
      at = frame.end;
    }
    return at;
  });

  return {
    format: "pcap",
    unit: "packets",
    push: carried.push,
    end(): readonly Diagnostic[] {
      const { at, length } = carried.left;
      if (layout === undefined) {
        throw new SourceError(
          `the file ends after ${length} bytes, inside the ${fileHeader} bytes of the pcap header`,
        );
      }
      return length === 0 ? [] : [cutShort(tally, `packet ${packets + 1}`, at, length)];
    },
  };
}
